/** FrameDB in memory with small limits, so that small objects are large ones, and a way to what is stored. */
import {
  type ChunkTimes,
  type FrameDBOptions,
  FrameDBPrograms,
  FramedbId,
  type ObjectConnection,
  ObjectKey,
  RedisBackend,
  TiDBBackend,
} from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

/** Values up to this size are plain. */
export const inlineBytes = 1000

/** Chunks have this size. */
export const chunkBytes = 300

const limits = { limits: { inlineBytes }, chunkLimits: { chunkBytes, maxChunks: 100 } }

/** The programs over memory, and the ports below them. */
export const cluster = (
  times: Partial<ChunkTimes> = {},
  registry: MemoryClusterRegistry.MemoryClusterRegistryOptions = {},
  options: Partial<FrameDBOptions> = {},
) =>
  FrameDBPrograms.layer({ maxObjectBytes: 20_000, retryDelayMillis: 0, copySettleMillis: 0, ...options }).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        MemoryClusterRegistry.layer(registry),
        MemoryObjectRouting.layer(),
        MemoryStreamRouting.layer(),
        MemoryRedisBackend.layer({ ...limits, chunkTimes: times }),
        MemoryTiDBBackend.layer({ ...limits, chunkTimes: times }),
        NoObjectCache.layer(),
      ),
    ),
  )

/** A connection of the test's own to an instance. */
export const connect = (id: string, type: "in-memory" | "storage") =>
  Effect.gen(function* () {
    const kind = type === "storage" ? "sql" : "redis"
    const instance = {
      framedbId: FramedbId.make(id),
      kind,
      url: Redacted.make("memory://"),
      clusterId: undefined,
      metadata: {},
    } as const
    const connection: ObjectConnection =
      kind === "redis" ? yield* (yield* RedisBackend).open(instance) : yield* (yield* TiDBBackend).open(instance)
    return connection
  })

/** A valid key. */
export const keyOf = (text: string) => ObjectKey.make(text)

/** Repeatable bytes, different for each seed. */
export const bytesOf = (length: number, seed = 1): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 101 + (index >> 8)) & 255)

/** Bytes in pieces of an awkward size. */
export const piecesOf = (bytes: Uint8Array, pieceBytes = 77) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.byteLength / pieceBytes) }, (_, index) =>
      bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
    ),
  )
