/**
 * Removes objects: the route first, then the bytes of the primary and of every copy.
 *
 * In this order a reader sees an object whole or not at all, and a writer that sets the key meanwhile finds its bytes
 * gone and registers anew. One that had registered before they were gone does not find that: so the route is asked for once
 * more, and an object that is back in a place that was cleared is removed again. A move may have registered another place since
 * the route was found: cleared are the places of the route that went, too, where the routing service tells which that was. What
 * fails after the route is gone leaves bytes that no route names, and is told.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { withMaybeApplied } from "../../errors/BackendError.ts"
import { ObjectCache } from "../../ports/ObjectCache.ts"
import type { RemovedRoute } from "../../ports/ObjectRouting.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import { repeatingHarmless, retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"
import { WritesUnderWay } from "./Overlaps.ts"

/** Beyond so many rounds somebody sets the object without end, and what is there is theirs. */
const maxRounds = 8

/** Builds the program, which says whether there was an object. */
export const makeRemove = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const cache = yield* ObjectCache
  const routes = yield* Routes
  const connections = yield* Connections
  const writes = yield* WritesUnderWay
  const repeat = retrying(options)
  const repeatHarmless = repeatingHarmless(repeat)

  const removeBytes = (key: ObjectKey, place: Location) =>
    Effect.mapError(
      repeat(connections.use(place, (opened) => opened.deletes.request(key, 0))),
      (error: ConnectError) => (error._tag === "BackendError" ? withMaybeApplied(error, true) : error),
    )

  const placesOf = ({ framedbId, type, copies }: ObjectRoute): ReadonlyArray<Location> => [
    { framedbId, type },
    ...copies,
  ]

  /** The places of the route that was found, and those of the one that went, where it is told. */
  const placesToClear = (found: ObjectRoute, removed: Option.Option<RemovedRoute>): ReadonlyArray<Location> => {
    const places = placesOf(found)
    if (Option.isNone(removed) || removed.value === "untold") return places
    const others = placesOf(removed.value).filter((place) => !places.some((other) => isSameLocation(other, place)))
    return [...places, ...others]
  }

  /**
   * Removes the route, then the bytes at every place, whatever happens at the others. Gives the places that were cleared.
   * Where the answer is lost the route is removed again, since nothing would lead to its bytes any more.
   */
  const removeOnce = Effect.fnUntraced(function* (key: ObjectKey, found: ObjectRoute) {
    const places = placesToClear(found, yield* repeatHarmless(routes.remove(key)))
    const exits = yield* Effect.forEach(places, (place) => Effect.exit(removeBytes(key, place)))
    for (const exit of exits) yield* exit
    return places
  })

  return Effect.fn("FrameDB.deleteObject")(
    function* (key: ObjectKey) {
      yield* writes.abandonedEnd(key)
      let route = yield* repeat(routes.lookup(key))
      if (Option.isNone(route)) return false
      for (let round = 0; Option.isSome(route) && round < maxRounds; round++) {
        const places: ReadonlyArray<Location> = yield* removeOnce(key, route.value)
        const found = yield* Effect.mapError(repeat(routes.lookup(key)), (error) => withMaybeApplied(error, true))
        route = Option.filter(found, ({ framedbId, type }) =>
          places.some((place) => isSameLocation(place, { framedbId, type })),
        )
      }
      return true
    },
    (removing, key) => Effect.onExit(removing, () => Effect.sync(() => cache.invalidate(key))),
  )
})
