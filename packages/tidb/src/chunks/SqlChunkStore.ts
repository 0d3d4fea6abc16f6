/** Objects in chunks: a row a chunk, and a manifest that says which chunks are the object. `chunkTables` has the tables. */
import type {
  BackendError,
  ChunkStore,
  ChunkTimes,
  ObjectKey,
  RemoveCondition,
  StoredForm,
  StoreLimits,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytesOf, foundRowsOf, numberOf, rowsOf, textOf } from "../answers.ts"
import { bufferOf } from "../batches.ts"
import { LentBytes } from "../Lending.ts"
import type { SqlClient } from "../SqlClient.ts"
import { keysShape, makeStatements } from "../statements.ts"
import { problemOfEntries } from "../storeRules.ts"
import type { Table } from "../Table.ts"
import { chunkOperations } from "./chunkOperations.ts"
import { makeChunkStatements } from "./chunkStatements.ts"
import { chunkId, createTables, isMissingTable } from "./chunkTables.ts"
import { commit, keyBytes, remove } from "./chunkTransactions.ts"
import { makeCollect, removeChunks } from "./collectChunks.ts"

/** Far below a row's 6 MiB in TiDB, and small enough that a few of them in flight are a bound on memory. */
const maxChunkBytes = 1024 * 1024

/** What a packet carries beside a chunk's bytes. */
const packetOverheadBytes = 1024

/** 64 GiB, in chunks of 1 MiB: a manifest of half a MiB. */
const maxChunks = 65_536

/** What a store of chunks shares with the store of plain objects. */
export interface ChunkStoreConfig {
  readonly client: SqlClient
  readonly table: Table
  readonly limits: StoreLimits
  readonly times: ChunkTimes
}

/** A store of chunks, with what the store of plain objects asks of it. */
export interface SqlChunkStore extends ChunkStore {
  /** The manifests of those keys that have one, valid or void. */
  readonly manifests: (keys: ReadonlyArray<ObjectKey>) => Effect.Effect<ReadonlyMap<string, string>, BackendError>
}

/** A chunk is nearly all of the packet that brought it, whose memory is its own: only a small one is worth a copy. */
const ownBytes = (cell: unknown): Uint8Array<ArrayBuffer> | undefined =>
  cell instanceof Uint8Array && cell.buffer instanceof ArrayBuffer && cell.byteLength * 2 > cell.buffer.byteLength
    ? new Uint8Array(cell.buffer, cell.byteOffset, cell.byteLength)
    : bytesOf(cell)

const noBytes = new Uint8Array(0)

/** Makes the store of an open table. */
export const make = ({ client, table, limits, times }: ChunkStoreConfig): SqlChunkStore => {
  const sql = makeChunkStatements(times)
  const plain = makeStatements()
  const run = client.run.bind(client)

  const findPlain = (key: ObjectKey) =>
    run(chunkOperations.find, plain.selectSizes(1), [key], (answer) => rowsOf(answer).map((row) => [...row, null]))

  /** What remains of a removal where there are no objects in chunks. */
  const removePlain = (key: ObjectKey, { _tag: tag }: RemoveCondition) =>
    tag === "Only" || tag === "Shadowed"
      ? Effect.succeed(false)
      : run(chunkOperations.remove, sql.removePlain, [key, key], (answer) => foundRowsOf(answer) > 0)

  const formOf = (key: ObjectKey, rows: ReadonlyArray<ReadonlyArray<unknown>>): Option.Option<StoredForm> => {
    // On a folding column the row may carry another key.
    const row = rows.find(([carried]) => textOf(carried) === key)
    if (row === undefined) return Option.none()
    const sizeBytes = numberOf(row[1])
    if (sizeBytes !== undefined) return Option.some({ _tag: "Plain", sizeBytes })
    const manifest = row[2]
    return manifest === null ? Option.none() : Option.some({ _tag: "Chunked", manifest: textOf(manifest) })
  }

  return {
    limits: {
      chunkBytes: Math.max(1, Math.min(maxChunkBytes, table.maxPacketBytes - packetOverheadBytes)),
      maxChunks,
      chunksInFlight: limits.batchesInFlight,
      extendMillis: Math.floor(times.leaseMillis / 3),
    },
    manifests: (keys) => {
      const size = keysShape(keys.length)
      const last = keys.at(-1) ?? ""
      const parameters = Array.from({ length: size }, (_, index) => keyBytes(keys[index] ?? last))
      return run(chunkOperations.find, sql.manifests(size), parameters, (answer) => {
        return new Map(rowsOf(answer).map(([key, manifest]) => [textOf(key), textOf(manifest)]))
      }).pipe(Effect.catchIf(isMissingTable, () => Effect.succeed(new Map<string, string>())))
    },
    find: (key) =>
      run(chunkOperations.find, sql.find, [keyBytes(key), key], rowsOf).pipe(
        Effect.catchIf(isMissingTable, () => findPlain(key)),
        Effect.map((rows) => formOf(key, rows)),
      ),
    begin: ({ key, version, chunks }) => {
      const problem = problemOfEntries([{ key, data: noBytes }], table, limits)
      if (problem !== undefined) return Effect.fail(client.refused(chunkOperations.begin, "Rejected", problem))
      const begin = run(chunkOperations.begin, sql.begin, [version, String(chunks)], () => undefined)
      return Effect.catchIf(begin, isMissingTable, () =>
        Effect.andThen(createTables(client, chunkOperations.begin), begin),
      )
    },
    extend: ({ version, chunks }) =>
      run(chunkOperations.extend, sql.extend, [String(chunks), version], (answer) => foundRowsOf(answer) > 0),
    put: (chunk) =>
      run(chunkOperations.put, sql.put, [chunkId(chunk), new LentBytes(bufferOf(chunk.data))], () => undefined),
    get: (chunk) =>
      run(chunkOperations.get, sql.get, [chunkId(chunk)], (answer) =>
        Option.fromUndefinedOr(ownBytes(rowsOf(answer)[0]?.[0])),
      ),
    commit: (entry) => commit(client, sql, table, entry),
    // The row of the version is left to the collector, which finds nothing more to remove.
    discard: (range) => Effect.asVoid(removeChunks(client, sql, range, range.chunks)),
    remove: (key, condition) =>
      Effect.catchIf(remove(client, sql, key, condition), isMissingTable, () => removePlain(key, condition)),
    collect: makeCollect(client, sql),
  }
}
