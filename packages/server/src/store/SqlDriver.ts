import type * as Effect from "effect/Effect"
import type { StoreError } from "./RouteStore.ts"

/** A value that is bound to a statement. Ids are bound as bytes, so that no collation folds them. */
export type SqlValue = string | number | Buffer

/** A row; columns of bytes come as `Uint8Array`. */
export type SqlRow = Readonly<Record<string, unknown>>

/** What the SQL store needs of a database; each call is one statement in a transaction of its own. */
export interface SqlDriver {
  readonly dialect: {
    readonly createTable: string
    /** The beginning of an insert that does nothing where the primary key exists. */
    readonly insertOrIgnore: string
  }
  readonly query: (sql: string, values: ReadonlyArray<SqlValue>) => Effect.Effect<ReadonlyArray<SqlRow>, StoreError>
  /** Runs a statement that writes and gives the number of rows that it matched. */
  readonly write: (sql: string, values: ReadonlyArray<SqlValue>) => Effect.Effect<number, StoreError>
}
