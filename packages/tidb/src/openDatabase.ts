/** Connects to an instance, creating its database where it is missing. */
import type { BackendError } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { operations } from "./operations.ts"
import { SqlClient } from "./SqlClient.ts"
import type { SqlConnectionConfig } from "./SqlConnection.ts"
import { SqlPool } from "./SqlPool.ts"
import type { SqlAddress } from "./SqlUrl.ts"
import type { Settings } from "./TiDBOptions.ts"
import type { DriverTls } from "./TiDBTlsOptions.ts"

/** What to connect to, and how. */
export interface Target {
  readonly address: SqlAddress
  readonly tls: DriverTls
  readonly settings: Settings
  /** The instance's id, for errors. */
  readonly instance: string
}

/** Opens a pool for as long as the scope lives, proven by an answer of the server. */
export const openDatabase: (target: Target) => Effect.Effect<SqlClient, BackendError, Scope.Scope> = Effect.fnUntraced(
  function* (target) {
    const opened = yield* Effect.result(openPool(target, target.address.database))
    if (opened._tag === "Success") return opened.success
    const { code } = opened.failure.reason
    if (code === "ER_BAD_DB_ERROR") {
      yield* Effect.scoped(createDatabase(target))
      return yield* openPool(target, target.address.database)
    }
    if (code === "HANDSHAKE_NO_SSL_SUPPORT" && target.tls.mode === "preferred") {
      return yield* openDatabase({ ...target, tls: { mode: "disabled", ssl: undefined } })
    }
    return yield* opened.failure
  },
)

const openPool = Effect.fnUntraced(function* (target: Target, database: string | undefined) {
  const { settings } = target
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new SqlPool({ ...settings, driver: driverOptions(target, database), setup: setupOf(settings) })),
    (pool) => Effect.sync(() => pool.close()),
  )
  const client = new SqlClient(pool, target.instance)
  yield* client.run(operations.open, "SELECT 1", [], () => undefined)
  return client
})

const createDatabase = Effect.fnUntraced(function* (target: Target) {
  const { database } = target.address
  const client = yield* openPool(target, undefined)
  const sql = `CREATE DATABASE IF NOT EXISTS \`${database.replaceAll("`", "``")}\``
  const created = yield* Effect.result(client.run(operations.open, sql, [], () => undefined))
  if (created._tag === "Success") return
  if (created.failure.reason._tag !== "Unauthorized") return yield* created.failure
  const message = `the database ${JSON.stringify(database)} is missing and this user may not create it; run as one who may: ${sql}`
  return yield* client.refused(operations.open, "Unauthorized", message)
})

/** Everything that mysql2 would choose by itself and that matters here, chosen. */
const driverOptions = (
  { address, tls, settings }: Target,
  database: string | undefined,
): SqlConnectionConfig["driver"] => ({
  host: address.host,
  port: address.port,
  user: address.user,
  password: Redacted.value(address.password),
  ...(database === undefined ? {} : { database }),
  ...(tls.ssl === undefined ? {} : { ssl: tls.ssl }),
  charset: "UTF8MB4_BIN",
  rowsAsArray: true,
  multipleStatements: false,
  maxPreparedStatements: settings.maxPreparedStatements,
  // The pool has the deadline of connecting; the driver's own would be a timer for each connection.
  connectTimeout: 0,
  // A server may not ask this process for its files.
  flags: ["-LOCAL_FILES"],
})

/**
 * What a session must be whatever the server's or the user's defaults: UTF-8, one statement a transaction, no silent
 * truncation, and locks given up before the statement's deadline, so that waiting for one costs no connection.
 */
const setupOf = ({ statementTimeoutMillis }: Settings): ReadonlyArray<string> => {
  const lockSeconds = Math.max(1, Math.floor(statementTimeoutMillis / 1000) - 1)
  return [
    "SET NAMES utf8mb4",
    "SET SESSION autocommit = 1, SESSION sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'," +
      ` SESSION innodb_lock_wait_timeout = ${lockSeconds}`,
  ]
}
