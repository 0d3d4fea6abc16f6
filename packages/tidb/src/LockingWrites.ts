/**
 * Writes in transactions that lock the rows first: what a folding key column needs, and what an exact one needs where a
 * single statement can't say which keys it found.
 *
 * On a folding column a row can carry another key than the one it was found by. Such a row belongs to somebody else: it
 * is never changed and never removed, and a key that would need it is refused.
 */
import { InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import { rowsOf, textOf } from "./answers.ts"
import { entryParameters, keyParameters } from "./batches.ts"
import { operations } from "./operations.ts"
import type { SqlClient } from "./SqlClient.ts"
import { entriesShape, keysShape, type Statements } from "./statements.ts"
import type { Table } from "./Table.ts"
import type { Writes } from "./Writes.ts"

/** Makes the writes of an open table. */
export const make = (client: SqlClient, statements: Statements, table: Table): Writes => ({
  set: Effect.fnUntraced(function* (entries) {
    const merging = yield* client.transaction(operations.setMany, async (execute) => {
      const size = entriesShape(entries.length)
      // This locks every row of the batch, and leaves alone the ones that carry another key.
      await execute(statements.upsertExact(size), entryParameters(entries, size))
      const keys = entries.map(({ key }) => key)
      const stored = await lockedKeys(execute, statements.lockKeys, keys)
      const merging = keys.find((key) => !stored.has(key))
      return { commit: merging === undefined, result: merging }
    })
    if (merging !== undefined) return yield* refusal(merging, table)
  }),

  replace: (entries) =>
    client.transaction(operations.replaceMany, async (execute) => {
      const keys = entries.map(({ key }) => key)
      const found = await lockedKeys(execute, statements.lockObjects, keys)
      const own = entries.filter(({ key }) => found.has(key))
      if (own.length > 0) {
        const size = entriesShape(own.length)
        await execute(statements.upsert(size), entryParameters(own, size))
      }
      return { commit: own.length > 0, result: found }
    }),

  remove: (keys) =>
    client.transaction(operations.deleteMany, async (execute) => {
      const found = await lockedKeys(execute, statements.lockObjects, keys)
      const own = keys.filter((key) => found.has(key))
      if (own.length > 0) {
        const size = keysShape(own.length)
        await execute(statements.remove(size), keyParameters(own, size))
      }
      return { commit: own.length > 0, result: found }
    }),
})

type Execute = (sql: string, parameters: ReturnType<typeof keyParameters>) => Promise<unknown>

/** Locks the rows that are found by these keys, and says which keys they carry. */
const lockedKeys = async (
  execute: Execute,
  sql: (size: number) => string,
  keys: ReadonlyArray<string>,
): Promise<ReadonlySet<string>> => {
  const size = keysShape(keys.length)
  const answer = await execute(sql(size), keyParameters(keys, size))
  return new Set(rowsOf(answer).map(([key]) => textOf(key)))
}

/** Refuses a key that the table can't tell apart from another. */
export const refusal = (key: string, table: Table): InvalidArgument =>
  new InvalidArgument({
    argument: "key",
    message:
      `the instance's table can't tell ${JSON.stringify(key)} from another key that it holds: its column \`key\` has the` +
      ` collation ${table.collation}, under which they are equal; use another key, or convert the column to a binary` +
      " collation without padding",
  })
