/** Objects in a SQL table: one row an object, one statement a batch wherever the server can answer it with one. */
import type { BackendError, ObjectKey, ObjectStore, StoreEntry, StoreLimits } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytesOf, foundRowsOf, numberOf, rowsOf, textOf } from "./answers.ts"
import { bufferOf, distinctEntries, distinctKeys, keyParameters } from "./batches.ts"
import * as LockingWrites from "./LockingWrites.ts"
import { operations } from "./operations.ts"
import type { Operation, SqlClient } from "./SqlClient.ts"
import * as StatementWrites from "./StatementWrites.ts"
import { keysShape, makeStatements } from "./statements.ts"
import { problemOfEntries } from "./storeRules.ts"
import type { Table } from "./Table.ts"

/** Makes the store of an open table. */
export const make = (client: SqlClient, table: Table, limits: StoreLimits): ObjectStore => {
  const statements = makeStatements()
  const writes = (table.isExact ? StatementWrites : LockingWrites).make(client, statements, table)

  /** Answers a column of each key's row, in the order of the keys. */
  const lookUp = <A>(
    operation: Operation,
    sql: (size: number) => string,
    keys: ReadonlyArray<ObjectKey>,
    decode: (cell: unknown) => A | undefined,
  ): Effect.Effect<ReadonlyArray<Option.Option<A>>, BackendError> => {
    if (keys.length === 0) return Effect.succeed([])
    const size = keysShape(keys.length)
    return client.run(operation, sql(size), keyParameters(keys, size), (answer) => {
      // By the key that came back: on a folding column it may be another one than was asked for.
      const cells = new Map(rowsOf(answer).map(([key, cell]) => [textOf(key), cell]))
      return keys.map((key) => Option.fromUndefinedOr(decode(cells.get(key))))
    })
  }

  /** Refuses what the table can't hold before anything is sent. */
  const checked = <A, E>(
    operation: Operation,
    entries: ReadonlyArray<StoreEntry>,
    write: () => Effect.Effect<A, E>,
  ): Effect.Effect<A, E | BackendError> => {
    const problem = problemOfEntries(entries, table, limits)
    return problem === undefined ? write() : Effect.fail(client.refused(operation, "Rejected", problem))
  }

  return {
    limits,
    getMany: (keys) => lookUp(operations.getMany, statements.select, keys, bytesOf),
    sizeMany: (keys) => lookUp(operations.sizeMany, statements.selectSizes, keys, numberOf),
    setMany: (entries) => {
      if (entries.length === 0) return Effect.void
      return checked(operations.setMany, entries, () => writes.set(distinctEntries(entries)))
    },
    replaceMany: (entries) => {
      if (entries.length === 0) return Effect.succeed([])
      return checked(operations.replaceMany, entries, () =>
        Effect.map(writes.replace(distinctEntries(entries)), (found) => entries.map(({ key }) => found.has(key))),
      )
    },
    deleteMany: (keys) => {
      if (keys.length === 0) return Effect.succeed([])
      return Effect.map(writes.remove(distinctKeys(keys)), (found) => keys.map((key) => found.has(key)))
    },
    deleteIfEqual: ({ key, data }) => {
      const parameters = [key, bufferOf(data), key]
      return client.run(
        operations.deleteIfEqual,
        statements.removeEqual,
        parameters,
        (answer) => foundRowsOf(answer) > 0,
      )
    },
  }
}
