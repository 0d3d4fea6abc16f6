/**
 * Removes objects: the route first, then the bytes of the primary and of every copy.
 *
 * In this order a reader sees an object whole or not at all, and a writer that sets the key meanwhile finds its bytes
 * gone and registers anew. What fails after the route is gone leaves bytes that no route names, and is told.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { withMaybeApplied } from "../../errors/BackendError.ts"
import { ObjectCache } from "../../ports/ObjectCache.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import { retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"

/** Builds the program, which says whether there was an object. */
export const makeRemove = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const cache = yield* ObjectCache
  const routes = yield* Routes
  const connections = yield* Connections
  const repeat = retrying(options)

  const removeBytes = (key: ObjectKey, place: Location) =>
    Effect.mapError(
      repeat(connections.use(place, (opened) => opened.deletes.request(key, 0))),
      (error: ConnectError) => (error._tag === "BackendError" ? withMaybeApplied(error, true) : error),
    )

  return Effect.fn("FrameDB.deleteObject")(
    function* (key: ObjectKey) {
      const route = yield* repeat(routes.lookup(key))
      if (Option.isNone(route)) return false
      yield* repeat(routes.remove(key))
      // Every place is tried, whatever happens at the others.
      const exits = yield* Effect.forEach([route.value, ...route.value.copies], (place) =>
        Effect.exit(removeBytes(key, place)),
      )
      for (const exit of exits) yield* exit
      return true
    },
    (removing, key) => Effect.onExit(removing, () => Effect.sync(() => cache.invalidate(key))),
  )
})
