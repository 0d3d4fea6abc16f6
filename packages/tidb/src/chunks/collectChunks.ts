/** Removes what no manifest refers to any more, in bounded steps. Two collectors at once are harmless. */
import { type BackendError, ChunkVersion, type CollectStep, ObjectKey } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { foundRowsOf, numberOf, rowsOf, textOf } from "../answers.ts"
import type { SqlClient } from "../SqlClient.ts"
import { chunkOperations } from "./chunkOperations.ts"
import { type ChunkStatements, removedAtOnce } from "./chunkStatements.ts"
import { chunkId, isMissingTable } from "./chunkTables.ts"
import { keyBytes, remove } from "./chunkTransactions.ts"

/** The most chunks that a step removes: a quarter of a GiB. */
const chunksPerStep = 256

const isVersion = Schema.is(ChunkVersion)
const isKey = Schema.is(ObjectKey)

const { collect: collecting } = chunkOperations

/** Removes chunks of a version from the last to the first, at most `budget`, and says how many are left. */
export const removeChunks = Effect.fnUntraced(function* (
  client: SqlClient,
  sql: ChunkStatements,
  range: { readonly version: ChunkVersion; readonly chunks: number },
  budget: number,
) {
  let left = range.chunks
  const end = Math.max(0, left - budget)
  while (left > end) {
    const first = Math.max(end, left - removedAtOnce)
    const ids = Array.from({ length: left - first }, (_, index) =>
      chunkId({ version: range.version, index: first + index }),
    )
    const padded = Array.from({ length: removedAtOnce }, (_, index) => ids[index] ?? ids[0] ?? Buffer.alloc(16))
    yield* client.run(collecting, sql.removeChunks, padded, () => undefined)
    left = first
  }
  return left
})

/** Gives the step. It remembers how far it has walked through the manifests, and begins anew at their end. */
export const makeCollect = (client: SqlClient, sql: ChunkStatements): Effect.Effect<CollectStep, BackendError> => {
  let walkedTo: Buffer = Buffer.alloc(0)

  const removeVersion = Effect.fnUntraced(function* (version: ChunkVersion, chunks: number, budget: number) {
    const claimed = yield* client.run(collecting, sql.claim, [version], foundRowsOf)
    if (claimed === 0) return budget
    const left = yield* removeChunks(client, sql, { version, chunks }, budget)
    if (left > 0) yield* client.run(collecting, sql.shrink, [String(left), version], () => undefined)
    else yield* client.run(collecting, sql.forget, [version], () => undefined)
    return budget - (chunks - left)
  })

  const removeDue = Effect.gen(function* () {
    const due = yield* client.run(collecting, sql.due, [], (answer) =>
      rowsOf(answer).map(([version, chunks]) => ({ version: textOf(version), chunks: numberOf(chunks) ?? 0 })),
    )
    let budget = chunksPerStep
    for (const { version, chunks } of due) {
      if (budget <= 0) break
      if (isVersion(version)) budget = yield* removeVersion(version, chunks, budget)
      else yield* client.run(collecting, sql.forget, [version], () => undefined)
    }
    return due.length
  })

  const retireVoid = Effect.gen(function* () {
    const walked = yield* client.run(collecting, sql.walk, [walkedTo], (answer) =>
      rowsOf(answer).map(([key, isVoid]) => ({ key: textOf(key), isVoid: numberOf(isVoid) === 1 })),
    )
    let retired = 0
    for (const { key, isVoid } of walked) {
      if (isVoid && isKey(key) && (yield* remove(client, sql, key, { _tag: "Shadowed" }))) retired++
    }
    const last = walked.at(-1)
    walkedTo = last === undefined ? Buffer.alloc(0) : keyBytes(last.key)
    return { retired, hasMore: last !== undefined }
  })

  return Effect.gen(function* () {
    const removed = yield* removeDue
    const { retired, hasMore } = yield* retireVoid
    return { versions: removed + retired, hasMore: removed > 0 || hasMore }
  }).pipe(Effect.catchIf(isMissingTable, () => Effect.succeed({ versions: 0, hasMore: false })))
}
