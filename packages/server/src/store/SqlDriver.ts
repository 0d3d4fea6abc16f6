import type * as Effect from "effect/Effect"
import type { StoreError } from "./RouteStore.ts"

/** A value that is bound to a statement. Ids are bound as bytes, so that no collation folds them. */
export type SqlValue = string | number | Buffer

/** A row; columns of bytes come as `Uint8Array`. */
export type SqlRow = Readonly<Record<string, unknown>>

/** A statement that writes, and the number of rows that it has to match. */
export interface SqlChange {
  readonly sql: string
  readonly values: ReadonlyArray<SqlValue>
  readonly rows: number
}

/** What the SQL store needs of a database; each call is one transaction. */
export interface SqlDriver {
  readonly dialect: {
    readonly createTable: string
    /** The beginning of an insert that does nothing where the primary key exists. */
    readonly insertOrIgnore: string
  }
  readonly query: (sql: string, values: ReadonlyArray<SqlValue>) => Effect.Effect<ReadonlyArray<SqlRow>, StoreError>
  /** Runs a statement that writes and gives the number of rows that it matched; 0 where it collided with another. */
  readonly write: (sql: string, values: ReadonlyArray<SqlValue>) => Effect.Effect<number, StoreError>
  /**
   * Runs statements, or nothing: gives `false`, and leaves everything as it was, where one of them matches another number
   * of rows than it has to, or meets a transaction that it can't wait for.
   */
  readonly writeAll: (changes: ReadonlyArray<SqlChange>) => Effect.Effect<boolean, StoreError>
}
