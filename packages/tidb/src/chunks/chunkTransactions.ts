/**
 * What has to happen all at once. Both transactions lock the row of `data_table` first, so that two of one key wait for
 * each other and never lock each other out.
 */
import type { BackendError, ChunkCommit, CommitOutcome, ObjectKey, RemoveCondition } from "@framedb/core"
import * as Effect from "effect/Effect"
import { foundRowsOf, numberOf, rowsOf, textOf } from "../answers.ts"
import { isDuplicate } from "../InsertWrites.ts"
import { refusal } from "../LockingWrites.ts"
import type { SqlClient } from "../SqlClient.ts"
import type { Parameter } from "../SqlConnection.ts"
import type { Table } from "../Table.ts"
import { chunkOperations } from "./chunkOperations.ts"
import type { ChunkStatements } from "./chunkStatements.ts"

/** A key's bytes, as the manifests' exact column has them. */
export const keyBytes = (key: string): Buffer => Buffer.from(key, "utf8")

type Execute = (sql: string, parameters: ReadonlyArray<Parameter>) => Promise<unknown>

interface Current {
  readonly version: string
  readonly chunks: number
}

/** The version that a manifest refers to, locked; `undefined` where there is none. */
const lockManifest = async (execute: Execute, sql: ChunkStatements, key: ObjectKey): Promise<Current | undefined> => {
  const [row] = rowsOf(await execute(sql.lockManifest, [keyBytes(key)]))
  const version = row === undefined ? "" : textOf(row[0])
  return version === "" ? undefined : { version, chunks: numberOf(row?.[1]) ?? 0 }
}

const retire = (execute: Execute, sql: ChunkStatements, { version, chunks }: Current) =>
  execute(sql.retire, [version, String(chunks)])

/** Locks the key's row, empty as a commit needs it: `new` where there was none, `taken` where an insert found bytes in it. */
const prepareRow = async (
  execute: Execute,
  sql: ChunkStatements,
  { key, isInsert = false }: ChunkCommit,
): Promise<"new" | "empty" | "taken"> => {
  if (!isInsert) {
    await execute(sql.clear, [key])
    return "empty"
  }
  try {
    await execute(sql.reserve, [key])
    return "new"
  } catch (thrown) {
    if (!isDuplicate(thrown)) throw thrown
  }
  const [row] = rowsOf(await execute(sql.lockPlain, [key, key]))
  return row !== undefined && numberOf(row[0]) === 0 ? "empty" : "taken"
}

const commitVersion = async (
  execute: Execute,
  sql: ChunkStatements,
  table: Table,
  entry: ChunkCommit,
): Promise<CommitOutcome | "foreign"> => {
  const { key, version, chunks, manifest, isInsert = false } = entry
  const row = await prepareRow(execute, sql, entry)
  if (!table.isExact && !rowsOf(await execute(sql.carried, [key])).some(([carried]) => textOf(carried) === key)) {
    return "foreign"
  }
  if (row === "taken") return "occupied"
  await execute(sql.place, [keyBytes(key)])
  const current = await lockManifest(execute, sql, key)
  // Committed by an attempt whose answer was lost.
  if (current?.version === version) return "committed"
  // Beside a new row a manifest is void.
  if (isInsert && row === "empty" && current !== undefined) return "occupied"
  if (foundRowsOf(await execute(sql.settle, [version])) === 0) return "expired"
  if (current !== undefined) await retire(execute, sql, current)
  await execute(sql.commit, [version, String(chunks), Buffer.from(manifest, "utf8"), keyBytes(key)])
  return "committed"
}

/** Makes a version the object of its key. */
export const commit = Effect.fnUntraced(function* (
  client: SqlClient,
  sql: ChunkStatements,
  table: Table,
  entry: ChunkCommit,
) {
  const outcome = yield* client.transaction(chunkOperations.commit, async (execute) => {
    const result = await commitVersion(execute, sql, table, entry)
    return { commit: result === "committed", result }
  })
  if (outcome === "foreign") return yield* refusal(entry.key, table)
  return outcome
})

const holds = (condition: RemoveCondition, isPlain: boolean, current: string | undefined): boolean => {
  switch (condition._tag) {
    case "Any":
      return true
    case "Only":
      return !isPlain && current === condition.version
    case "Unless":
      return isPlain || current !== condition.version
    case "Shadowed":
      return current !== undefined
  }
}

/** Removes a key's object where the condition holds. */
export const remove = (
  client: SqlClient,
  sql: ChunkStatements,
  key: ObjectKey,
  condition: RemoveCondition,
): Effect.Effect<boolean, BackendError> =>
  client.transaction(chunkOperations.remove, async (execute) => {
    const [row] = rowsOf(await execute(sql.lockPlain, [key, key]))
    const isPlain = numberOf(row?.[0]) === 1
    const manifest = await lockManifest(execute, sql, key)
    // A manifest without its NULL row is void, too: somebody has removed the object who knows no chunks.
    const isVoid = isPlain || row === undefined
    const current = isVoid === (condition._tag === "Shadowed") ? manifest : undefined
    if (!holds(condition, isPlain, current?.version)) return { commit: false, result: false }
    if (condition._tag !== "Shadowed" && row !== undefined) await execute(sql.removePlain, [key, key])
    if (manifest !== undefined) {
      await execute(sql.removeManifest, [keyBytes(key)])
      await retire(execute, sql, manifest)
    }
    return { commit: true, result: isPlain || current !== undefined }
  })
