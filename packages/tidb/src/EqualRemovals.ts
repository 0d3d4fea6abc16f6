/**
 * Removes values only while they are exactly what is given.
 *
 * One is a statement, whose count says whether it did. Of several a count doesn't say which: a transaction locks the rows,
 * compares the digests that the server makes of them, and removes those that are the same. On a folding column a row
 * may carry another key than the one it is found by: digests are told apart by the key that came back.
 */
import { hash } from "node:crypto"
import type { BackendError, StoreEntry } from "@framedb/core"
import type * as Effect from "effect/Effect"
import { foundRowsOf, rowsOf, textOf } from "./answers.ts"
import { bufferOf, distinctKeys, keyParameters } from "./batches.ts"
import { operations } from "./operations.ts"
import type { SqlClient } from "./SqlClient.ts"
import type { Parameter } from "./SqlConnection.ts"
import { keysShape, type Statements } from "./statements.ts"

type Execute = (sql: string, parameters: ReadonlyArray<Parameter>) => Promise<unknown>

const equalTo = ({ key, data }: StoreEntry): ReadonlyArray<Parameter> => [key, bufferOf(data), key]

/** Makes the removal, which says for each entry whether it was removed by it. */
export const make = (client: SqlClient, statements: Statements) => {
  const removeOne = (entry: StoreEntry) =>
    client.run(operations.deleteManyIfEqual, statements.removeEqual, equalTo(entry), (answer) => [
      foundRowsOf(answer) > 0,
    ])

  const lockDigests = async (execute: Execute, keys: ReadonlyArray<string>) => {
    const size = keysShape(keys.length)
    const rows = rowsOf(await execute(statements.lockDigests(size), keyParameters(keys, size)))
    return new Map(rows.map(([key, digest]) => [textOf(key), digest]))
  }

  const removeKeys = async (execute: Execute, keys: ReadonlyArray<string>) => {
    const size = keysShape(keys.length)
    if (size > 0) await execute(statements.remove(size), keyParameters(keys, size))
  }

  const removeSeveral = (entries: ReadonlyArray<StoreEntry>) =>
    client.transaction<ReadonlyArray<boolean>>(operations.deleteManyIfEqual, async (execute) => {
      const digests = await lockDigests(execute, distinctKeys(entries.map(({ key }) => key)))
      const equal = new Set<string>()
      const result: Array<boolean> = []
      for (const entry of entries) {
        const { key, data } = entry
        const digest = digests.get(key)
        // No data, or a server that makes no digests.
        const isOpaque = digest === null && foundRowsOf(await execute(statements.removeEqual, equalTo(entry))) > 0
        const isEqual = isOpaque || (digest !== null && digest !== undefined && isDigestOf(digest, data))
        if (isEqual && !isOpaque) equal.add(key)
        if (isEqual) digests.delete(key)
        result.push(isEqual)
      }
      await removeKeys(execute, [...equal])
      return { commit: result.includes(true), result }
    })

  return (entries: ReadonlyArray<StoreEntry>): Effect.Effect<ReadonlyArray<boolean>, BackendError> => {
    const [entry] = entries
    return entry !== undefined && entries.length === 1 ? removeOne(entry) : removeSeveral(entries)
  }
}

const isDigestOf = (digest: unknown, data: Uint8Array): boolean =>
  textOf(digest).toLowerCase() === hash("sha256", data, "hex")
