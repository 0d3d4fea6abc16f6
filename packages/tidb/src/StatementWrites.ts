/** Writes on a key column that tells all keys apart: one statement each wherever it can answer the question. */
import { BackendError } from "@framedb/core"
import * as Effect from "effect/Effect"
import { foundRowsOf, rowsOf, textOf } from "./answers.ts"
import { bufferOf, entryParameters, keyParameters } from "./batches.ts"
import * as LockingWrites from "./LockingWrites.ts"
import { operations } from "./operations.ts"
import type { SqlClient } from "./SqlClient.ts"
import type { Parameter } from "./SqlConnection.ts"
import { entriesShape, keysShape, type Statements } from "./statements.ts"
import type { Table } from "./Table.ts"
import type { Writes } from "./Writes.ts"

const none: ReadonlySet<string> = new Set()

/** Makes the writes of an open table. */
export const make = (client: SqlClient, statements: Statements, table: Table): Writes => {
  const locking = LockingWrites.make(client, statements, table)

  /** Removes one, which its count answers. */
  const removeOne = (key: string) =>
    client.run(operations.deleteMany, statements.remove(1), [key], (answer) =>
      foundRowsOf(answer) > 0 ? new Set([key]) : none,
    )

  const removeReturning = (keys: ReadonlyArray<string>) => {
    const size = keysShape(keys.length)
    const parameters = keyParameters(keys, size)
    return client.run(
      operations.deleteMany,
      statements.removeReturning(size),
      parameters,
      (answer) => new Set(rowsOf(answer).map(([key]) => textOf(key))),
    )
  }

  return {
    set: (entries) => {
      const size = entriesShape(entries.length)
      return client.run(operations.setMany, statements.upsert(size), entryParameters(entries, size), () => undefined)
    },

    replace: Effect.fnUntraced(function* (entries) {
      const found = yield* client.run(operations.replaceMany, ...update(statements, entries), foundRowsOf)
      if (found === entries.length) return new Set(entries.map(({ key }) => key))
      if (found === 0 && entries.length === 1) return none
      // The count does not say which ones were found. Locked, they are found again and written again.
      return yield* Effect.mapError(locking.replace(entries), (error) => (found > 0 ? maybeApplied(error) : error))
    }),

    remove: (keys) => {
      const [key] = keys
      if (key !== undefined && keys.length === 1) return removeOne(key)
      return table.hasReturning ? removeReturning(keys) : locking.remove(keys)
    },
  }
}

/** The statement that writes where there is an object, and its parameters. Filled up with keys that came before. */
const update = (
  statements: Statements,
  entries: Parameters<Writes["replace"]>[0],
): [sql: string, parameters: ReadonlyArray<Parameter>] => {
  const [first] = entries
  if (first !== undefined && entries.length === 1) return [statements.update(1), [bufferOf(first.data), first.key]]
  const size = keysShape(entries.length)
  const keys = keyParameters(
    entries.map(({ key }) => key),
    size,
  )
  // The first WHEN that fits wins: a key that is repeated at the end needs no bytes.
  const choices = keys.flatMap((key, index) => [key, bufferOf(entries[index]?.data ?? noBytes)])
  return [statements.update(size), [...choices, ...keys]]
}

const noBytes = new Uint8Array(0)

const maybeApplied = ({ backend, operation, instance, reason }: BackendError): BackendError =>
  new BackendError({ backend, operation, ...(instance === undefined ? {} : { instance }), reason, maybeApplied: true })
