/** Entries in a SQLite file: what a single server keeps its routes in. */
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { RouteStore, type StoreError, toStoreError } from "./RouteStore.ts"
import type { SqlChange, SqlDriver } from "./SqlDriver.ts"
import * as SqlRouteStore from "./SqlRouteStore.ts"

/** Where the file is. */
export interface SqliteRouteStoreOptions {
  /** A path; `:memory:` keeps nothing. The file is made where there is none; `-wal` and `-shm` files stand beside it. */
  readonly file: string
}

/** How long a statement waits for another process that writes to the same file. */
const busyTimeoutMillis = 5_000

const createTable = `CREATE TABLE IF NOT EXISTS framedb_entries (
  collection TEXT NOT NULL,
  id BLOB NOT NULL,
  revision TEXT NOT NULL,
  fields BLOB NOT NULL,
  PRIMARY KEY (collection, id)
) WITHOUT ROWID`

const open = (file: string): DatabaseSync => {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMillis })
  // A write that was acknowledged outlives a loss of power: WAL with a full sync at each commit.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  return database
}

const makeDriver = (database: DatabaseSync): SqlDriver => {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>()
  // The store's statements differ in the number of entries only, of which there are nine.
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  // In one transaction, because each costs a sync of the file.
  const writeAll = (changes: ReadonlyArray<SqlChange>): boolean => {
    database.exec("BEGIN IMMEDIATE")
    try {
      const isDone = changes.every(({ sql, values, rows }) => Number(prepare(sql).run(...values).changes) === rows)
      database.exec(isDone ? "COMMIT" : "ROLLBACK")
      return isDone
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK")
      throw error
    }
  }
  return {
    dialect: { createTable, insertOrIgnore: "INSERT OR IGNORE" },
    query: (sql, values) => Effect.try({ try: () => prepare(sql).all(...values), catch: toStoreError("query") }),
    write: (sql, values) =>
      Effect.try({ try: () => Number(prepare(sql).run(...values).changes), catch: toStoreError("write") }),
    writeAll: (changes) => Effect.try({ try: () => writeAll(changes), catch: toStoreError("write") }),
  }
}

/** Opens a file, and its table where there is none. */
export const make = Effect.fnUntraced(function* (
  options: SqliteRouteStoreOptions,
): Effect.fn.Return<RouteStore["Service"], StoreError, Scope.Scope> {
  const database = yield* Effect.acquireRelease(
    Effect.try({ try: () => open(options.file), catch: toStoreError("open") }),
    (opened) => Effect.sync(() => opened.close()),
  )
  return yield* SqlRouteStore.make(makeDriver(database))
})

/** A store in a SQLite file. */
export const layer = (options: SqliteRouteStoreOptions): Layer.Layer<RouteStore, StoreError> =>
  Layer.effect(RouteStore, make(options))
