/** The routing service's knowledge of objects, in this process's memory. What goes in and out is copied. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { isSameLocation, type Location } from "../domain/Location.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import type { ObjectRoute } from "../domain/Route.ts"
import { maxRoutesPerLookup, ObjectRouting, type RouteQuery } from "../ports/ObjectRouting.ts"
import { copyJson, matchesJson } from "./copyJson.ts"

/** What in-memory routing knows to begin with. */
export interface MemoryObjectRoutingOptions {
  /** Routes that exist already. None by default. */
  readonly routes?: ReadonlyArray<ObjectRoute>
}

const copyOf = (route: ObjectRoute): ObjectRoute => ({
  key: route.key,
  framedbId: route.framedbId,
  type: route.type,
  copies: route.copies.map(({ framedbId, type }) => ({ framedbId, type })),
  sizeBytes: route.sizeBytes,
  metadata: copyJson(route.metadata),
})

const matches = (route: ObjectRoute, query: RouteQuery): boolean =>
  (query.prefix === undefined || route.key.startsWith(query.prefix)) &&
  (query.framedbId === undefined || route.framedbId === query.framedbId) &&
  (query.type === undefined || route.type === query.type) &&
  (query.metadata === undefined || matchesJson(route.metadata, query.metadata))

/** Makes routing that knows the given routes. Each call gives way to other fibers first, then acts at once. */
export const make = (options: MemoryObjectRoutingOptions = {}): ObjectRouting["Service"] => {
  const routes = new Map<ObjectKey, ObjectRoute>()
  for (const route of options.routes ?? []) routes.set(route.key, copyOf(route))

  const checkCount = (items: ReadonlyArray<unknown>) => {
    if (items.length > maxRoutesPerLookup) throw new RangeError(`a call has at most ${maxRoutesPerLookup} keys`)
  }
  const find = (key: ObjectKey) => Option.map(Option.fromUndefinedOr(routes.get(key)), copyOf)
  const addCopy = (key: ObjectKey, copy: Location): boolean => {
    const route = routes.get(key)
    if (route === undefined) return false
    const isKnown = route.copies.some((known) => isSameLocation(known, copy))
    if (!isKnown) routes.set(key, copyOf({ ...route, copies: [...route.copies, copy] }))
    return true
  }
  const later = <A>(run: () => A): Effect.Effect<A> => Effect.andThen(Effect.yieldNow, Effect.sync(run))

  return {
    findMany: (keys) =>
      later(() => {
        checkCount(keys)
        return keys.map(find)
      }),
    registerMany: (given) =>
      later(() => {
        checkCount(given)
        return given.map((route) => {
          const previous = find(route.key)
          routes.set(route.key, copyOf(route))
          return Result.succeed(previous)
        })
      }),
    remove: (key) =>
      later(() => {
        const removed = find(key)
        routes.delete(key)
        return removed
      }),
    addCopy: (key, copy) => later(() => addCopy(key, copy)),
    addCopies: (keys, copy) =>
      later(() => {
        checkCount(keys)
        return keys.map((key) => addCopy(key, copy))
      }),
    removeCopy: (key, framedbId) =>
      later(() => {
        const route = routes.get(key)
        if (route === undefined) return false
        const copies = route.copies.filter((copy) => copy.framedbId !== framedbId)
        routes.set(key, { ...route, copies })
        return copies.length < route.copies.length
      }),
    list: (query) =>
      Stream.unwrap(
        later(() =>
          Stream.fromIterable(
            Array.from(routes.values())
              .filter((route) => matches(route, query))
              .map(copyOf),
          ),
        ),
      ),
  }
}

/** Provides in-memory routing of objects. Each build of the layer has its own routes. */
export const layer = (options: MemoryObjectRoutingOptions = {}): Layer.Layer<ObjectRouting> =>
  Layer.sync(ObjectRouting, () => make(options))
