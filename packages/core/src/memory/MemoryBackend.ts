/**
 * What both in-memory backends are: instances that come into being when they are first opened, keep their bytes for as
 * long as the backend lives, and connections that end with their scope.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { Instance } from "../domain/Instance.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import { BackendError, backendReason } from "../errors/BackendError.ts"
import type { ObjectConnection, ObjectStore, StoreLimits } from "../ports/ObjectStore.ts"
import * as MemoryObjectStore from "./MemoryObjectStore.ts"

/** How an in-memory backend behaves. */
export interface MemoryBackendOptions {
  /** Bounds of every instance; those of the real backend by default. */
  readonly limits?: Partial<StoreLimits>
}

/** Opens connections to the instances of one kind. */
export const make = (
  backend: "redis" | "sql",
  options: MemoryBackendOptions = {},
): { readonly open: (instance: Instance) => Effect.Effect<ObjectConnection, never, Scope.Scope> } => {
  const instances = new Map<FramedbId, Map<ObjectKey, Uint8Array<ArrayBuffer>>>()
  const dataOf = (framedbId: FramedbId) => {
    const known = instances.get(framedbId)
    if (known !== undefined) return known
    const created = new Map<ObjectKey, Uint8Array<ArrayBuffer>>()
    instances.set(framedbId, created)
    return created
  }
  return {
    open: Effect.fnUntraced(function* (instance: Instance) {
      yield* Effect.yieldNow
      const { framedbId } = instance
      const store = MemoryObjectStore.make({ ...options, backend, instance: framedbId, data: dataOf(framedbId) })
      return yield* Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => ({ closed: false })),
          (connection) =>
            Effect.sync(() => {
              connection.closed = true
            }),
        ),
        (connection) => connectionOf(backend, framedbId, store, connection),
      )
    }),
  }
}

/** A store behind a connection: once that is closed nothing is read or written through it, as with a real one. */
const connectionOf = (
  backend: "redis" | "sql",
  framedbId: FramedbId,
  store: ObjectStore,
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
      sizeMany: (keys) => whileOpen("sizeMany", store.sizeMany(keys)),
      deleteMany: (keys) => whileOpen("deleteMany", store.deleteMany(keys)),
      deleteIfEqual: (entry) => whileOpen("deleteIfEqual", store.deleteIfEqual(entry)),
    },
  }
}
