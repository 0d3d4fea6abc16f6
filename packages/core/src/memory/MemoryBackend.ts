/**
 * What both in-memory backends are: instances that come into being when they are first opened, keep their bytes for as
 * long as the backend lives, and connections that end with their scope.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { Instance } from "../domain/Instance.ts"
import { BackendError, backendReason } from "../errors/BackendError.ts"
import type { ChunkLimits, ChunkStore, ChunkTimes } from "../ports/ChunkStore.ts"
import type { ObjectConnection, ObjectStore, StoreLimits } from "../ports/ObjectStore.ts"
import * as MemoryChunkStore from "./MemoryChunkStore.ts"
import * as MemoryObjectStore from "./MemoryObjectStore.ts"

/** How an in-memory backend behaves. */
export interface MemoryBackendOptions {
  /** Bounds of every instance; those of the real backend by default. */
  readonly limits?: Partial<StoreLimits>
  /** Bounds of objects in chunks; those of the real backends by default. */
  readonly chunkLimits?: Partial<ChunkLimits>
  /** How long chunks are kept that nobody refers to. */
  readonly chunkTimes?: Partial<ChunkTimes>
}

/** Opens connections to the instances of one kind. */
export const make = (
  backend: "redis" | "sql",
  options: MemoryBackendOptions = {},
): { readonly open: (instance: Instance) => Effect.Effect<ObjectConnection, never, Scope.Scope> } => {
  const instances = new Map<FramedbId, MemoryChunkStore.MemoryInstance>()
  const times = options.chunkTimes ?? {}
  const limits = options.limits === undefined ? {} : { limits: options.limits }
  const dataOf = (framedbId: FramedbId) => {
    const known = instances.get(framedbId)
    if (known !== undefined) return known
    const created = MemoryChunkStore.emptyInstance()
    instances.set(framedbId, created)
    return created
  }
  return {
    open: Effect.fnUntraced(function* (instance: Instance) {
      yield* Effect.yieldNow
      const { framedbId } = instance
      const data = dataOf(framedbId)
      const store = MemoryObjectStore.make({ ...limits, backend, instance: framedbId, data, times })
      const chunks = MemoryChunkStore.make({ data, limits: options.chunkLimits ?? {}, times })
      return yield* Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => ({ closed: false })),
          (connection) =>
            Effect.sync(() => {
              connection.closed = true
            }),
        ),
        (connection) => connectionOf({ backend, framedbId, store, chunks }, connection),
      )
    }),
  }
}

interface Stores {
  readonly backend: "redis" | "sql"
  readonly framedbId: FramedbId
  readonly store: ObjectStore
  readonly chunks: ChunkStore
}

/** The stores behind a connection: once that is closed nothing is read or written through it, as with a real one. */
const connectionOf = (
  { backend, framedbId, store, chunks }: Stores,
  connection: { readonly closed: boolean },
): ObjectConnection => {
  const whileOpen = <A, E>(operation: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E | BackendError> =>
    Effect.suspend((): Effect.Effect<A, E | BackendError> => {
      if (!connection.closed) return effect
      const reason = backendReason("Unavailable", "the connection is closed")
      return Effect.fail(new BackendError({ backend, operation, instance: framedbId, reason, maybeApplied: false }))
    })
  return {
    ping: whileOpen("ping", Effect.yieldNow),
    objects: {
      limits: store.limits,
      getMany: (keys) => whileOpen("getMany", store.getMany(keys)),
      setMany: (entries) => whileOpen("setMany", store.setMany(entries)),
      replaceMany: (entries) => whileOpen("replaceMany", store.replaceMany(entries)),
      insertMany: (entries) => whileOpen("insertMany", store.insertMany(entries)),
      sizeMany: (keys) => whileOpen("sizeMany", store.sizeMany(keys)),
      deleteMany: (keys) => whileOpen("deleteMany", store.deleteMany(keys)),
      deleteManyIfEqual: (entries) => whileOpen("deleteManyIfEqual", store.deleteManyIfEqual(entries)),
    },
    chunks: {
      limits: chunks.limits,
      find: (key) => whileOpen("findChunked", chunks.find(key)),
      begin: (range) => whileOpen("beginChunks", chunks.begin(range)),
      extend: (range) => whileOpen("extendChunks", chunks.extend(range)),
      put: (chunk) => whileOpen("putChunk", chunks.put(chunk)),
      commit: (entry) => whileOpen("commitChunks", chunks.commit(entry)),
      discard: (range) => whileOpen("discardChunks", chunks.discard(range)),
      get: (chunk) => whileOpen("getChunk", chunks.get(chunk)),
      remove: (key, condition) => whileOpen("removeChunked", chunks.remove(key, condition)),
      collect: whileOpen("collectChunks", chunks.collect),
    },
  }
}
