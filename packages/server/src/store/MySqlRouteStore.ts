/** Entries in TiDB, MySQL or MariaDB: what many servers share. */
import { connect } from "node:net"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import {
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
  type ResultSetHeader,
  type RowDataPacket,
} from "mysql2/promise"
import { RouteStore, StoreError, toStoreError } from "./RouteStore.ts"
import type { SqlChange, SqlDriver, SqlValue } from "./SqlDriver.ts"
import * as SqlRouteStore from "./SqlRouteStore.ts"

/** Where the database is. */
export interface MySqlRouteStoreOptions {
  /**
   * `mysql://user:password@host:port/database`; port 4000, user root, database framedb by default. With `?tls=true` over TLS, with
   * a certificate of an authority that Node trusts, which names the host.
   */
  readonly url: Redacted.Redacted<string>
  /** The most connections. Default: 8. */
  readonly connections?: number
  /** How long one statement may take, waiting for a connection included. Default: 5,000. */
  readonly deadlineMillis?: number
}

const createTable = `CREATE TABLE IF NOT EXISTS framedb_entries (
  collection VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id VARBINARY(1024) NOT NULL,
  revision VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fields MEDIUMBLOB NOT NULL,
  PRIMARY KEY (collection, id)
)`

const invalidUrl = () =>
  new StoreError({
    operation: "open",
    message: "the store's URL is not one of the form mysql://host/database, or mysql://host/database?tls=true",
  })

/** Whether a URL asks for TLS; `undefined` where it does so in words that are not known, which must not mean that it does not. */
const usesTls = (query: URLSearchParams): boolean | undefined => {
  let tls = false
  for (const [name, value] of query) {
    if (!/tls|ssl/i.test(name)) continue
    if (name !== "tls" || (value !== "true" && value !== "false")) return undefined
    tls = value === "true"
  }
  return tls
}

/**
 * Over TLS, Node compares the certificate with the host that the socket below leads to, which a socket keeps of names only:
 * for an address Node would take a certificate of `localhost`, and no other. So the socket is told.
 */
const socketTo = (host: string, port: number) =>
  Object.assign(connect({ host, port, noDelay: true, keepAlive: true }), { _host: host })

const poolOptions = (text: string): PoolOptions | undefined => {
  const url = URL.parse(text.replace(/^mysql\+[a-z]+:/, "mysql:"))
  if (url === null || url.protocol !== "mysql:" || url.hostname === "") return undefined
  const tls = usesTls(url.searchParams)
  if (tls === undefined) return undefined
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  const port = url.port === "" ? 4000 : Number(url.port)
  try {
    return {
      host,
      port,
      stream: () => socketTo(host, port),
      user: url.username === "" ? "root" : decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : "framedb",
      // The driver's default is to take any certificate of a known authority, whatever host it names.
      ...(tls ? { ssl: { verifyIdentity: true, minVersion: "TLSv1.2" } } : {}),
    }
  } catch {
    return undefined
  }
}

const openPool = Effect.fnUntraced(function* (options: MySqlRouteStoreOptions) {
  const parsed = poolOptions(Redacted.value(options.url))
  if (parsed === undefined) return yield* invalidUrl()
  const pool = createPool({
    ...parsed,
    connectionLimit: options.connections ?? 8,
    // Enough for a burst; beyond it callers are told at once.
    queueLimit: 1_024,
    connectTimeout: options.deadlineMillis ?? 5_000,
    // Nine lengths of each of four statements about many entries, and the few others.
    maxPreparedStatements: 64,
  })
  return pool
})

/** Does something on a connection of its own. One that did not answer in time is still busy, and goes. */
const onConnection = async <A>(
  pool: Pool,
  signal: AbortSignal,
  run: (connection: PoolConnection) => Promise<A>,
): Promise<A> => {
  const connection: PoolConnection = await pool.getConnection()
  if (signal.aborted) {
    connection.release()
    throw new Error("the statement came too late")
  }
  const abort = () => connection.destroy()
  signal.addEventListener("abort", abort, { once: true })
  try {
    return await run(connection)
  } finally {
    signal.removeEventListener("abort", abort)
    if (!signal.aborted) connection.release()
  }
}

const execute = async (connection: PoolConnection, sql: string, values: ReadonlyArray<SqlValue>) => {
  const [result] = await connection.execute<RowDataPacket[] | ResultSetHeader>(sql, [...values])
  return result
}

const rowsOf = (result: RowDataPacket[] | ResultSetHeader): number => (Array.isArray(result) ? 0 : result.affectedRows)

/** Deadlock and lock wait timeout; write conflicts of TiDB. All of them have undone the transaction, or let it be undone. */
const conflicts: ReadonlySet<unknown> = new Set([1205, 1213, 8002, 8022, 9007])

const isConflict = (thrown: unknown): boolean => Predicate.hasProperty(thrown, "errno") && conflicts.has(thrown.errno)

/** A statement that collided with another has written nothing, as one that came too late: both are tried again. */
const write = async (connection: PoolConnection, sql: string, values: ReadonlyArray<SqlValue>): Promise<number> => {
  try {
    return rowsOf(await execute(connection, sql, values))
  } catch (error) {
    if (isConflict(error)) return 0
    throw error
  }
}

const writeAll = async (connection: PoolConnection, changes: ReadonlyArray<SqlChange>): Promise<boolean> => {
  await connection.beginTransaction()
  try {
    for (const { sql, values, rows } of changes) {
      if (rowsOf(await execute(connection, sql, values)) === rows) continue
      await connection.rollback()
      return false
    }
    await connection.commit()
    return true
  } catch (error) {
    // A connection that is lost takes its transaction with it.
    await connection.rollback().catch(() => connection.destroy())
    if (isConflict(error)) return false
    throw error
  }
}

const makeDriver = (pool: Pool, deadlineMillis: number): SqlDriver => {
  const run = <A>(operation: string, use: (connection: PoolConnection) => Promise<A>) =>
    Effect.tryPromise({
      try: (signal) => onConnection(pool, signal, use),
      catch: toStoreError(operation),
    }).pipe(
      Effect.timeoutOrElse({
        duration: deadlineMillis,
        orElse: () => Effect.fail(new StoreError({ operation, message: `no answer within ${deadlineMillis} ms` })),
      }),
    )
  const query: SqlDriver["query"] = (sql, values) =>
    Effect.map(
      run("query", (connection) => execute(connection, sql, values)),
      (rows) => (Array.isArray(rows) ? rows : []),
    )
  return {
    dialect: { createTable, insertOrIgnore: "INSERT IGNORE" },
    query,
    write: (sql, values) => run("write", (connection) => write(connection, sql, values)),
    writeAll: (changes) => run("write", (connection) => writeAll(connection, changes)),
  }
}

/** Opens a database, and its table where there is none. */
export const make = Effect.fnUntraced(function* (
  options: MySqlRouteStoreOptions,
): Effect.fn.Return<RouteStore["Service"], StoreError, Scope.Scope> {
  const pool = yield* Effect.acquireRelease(openPool(options), (opened) =>
    Effect.ignore(Effect.tryPromise({ try: () => opened.end(), catch: toStoreError("close") })),
  )
  return yield* SqlRouteStore.make(makeDriver(pool, options.deadlineMillis ?? 5_000))
})

/** A store in TiDB, MySQL or MariaDB. */
export const layer = (options: MySqlRouteStoreOptions): Layer.Layer<RouteStore, StoreError> =>
  Layer.effect(RouteStore, make(options))
