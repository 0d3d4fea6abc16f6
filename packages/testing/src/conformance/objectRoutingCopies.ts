import { expect, type Vitest } from "@effect/vitest"
import { type Location, type ObjectKey, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { registerRoute } from "../registerRoute.ts"
import { uniqueFramedbId, uniqueLocation, uniqueRoute } from "./routes.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectRouting>

/** Copies: added once, removed once, and never of an object that has no route. */
export const copyTests = (it: Tests): void => {
  it.effect("adds a copy once and leaves the rest of the route as it is", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const route = uniqueRoute({ metadata: { a: [1] } })
      const copies = [uniqueLocation("storage"), uniqueLocation("in-memory")]
      yield* registerRoute(routing, route)
      for (const copy of [...copies, ...copies]) expect(yield* routing.addCopy(route.key, copy)).toBe(true)
      const found = yield* routing.findMany([route.key])
      expect(found).toEqual([Option.some({ ...route, copies: expect.any(Array) })])
      expect(new Set(yield* copiesOf(route.key))).toEqual(new Set(copies))
      expect(yield* copiesOf(route.key)).toHaveLength(2)
    }),
  )

  it.effect("removes a copy once", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const [first, second] = [uniqueLocation(), uniqueLocation("storage")]
      const route = uniqueRoute({ copies: [first, second] })
      yield* registerRoute(routing, route)
      expect(yield* routing.removeCopy(route.key, first.framedbId)).toBe(true)
      expect(yield* routing.removeCopy(route.key, first.framedbId)).toBe(false)
      expect(yield* routing.removeCopy(route.key, uniqueFramedbId())).toBe(false)
      expect(yield* routing.findMany([route.key])).toEqual([Option.some({ ...route, copies: [second] })])
      expect(yield* routing.removeCopy(route.key, second.framedbId)).toBe(true)
      expect(yield* routing.addCopy(route.key, first)).toBe(true)
      expect(yield* copiesOf(route.key)).toEqual([first])
    }),
  )

  it.effect("does not take the primary for a copy", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const route = uniqueRoute({ copies: [uniqueLocation()] })
      yield* registerRoute(routing, route)
      expect(yield* routing.removeCopy(route.key, route.framedbId)).toBe(false)
      expect(yield* routing.findMany([route.key])).toEqual([Option.some(route)])
    }),
  )

  it.effect("adds no copy to an object without a route, and creates none", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const key = uniqueKey("absent")
      expect(yield* routing.addCopy(key, uniqueLocation())).toBe(false)
      expect(yield* routing.removeCopy(key, uniqueFramedbId())).toBe(false)
      expect(yield* routing.findMany([key])).toEqual([Option.none()])
    }),
  )

  it.effect("adds a copy to many objects at once, answering of each whether it has a route", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const [had, place] = [uniqueLocation(), uniqueLocation("storage")]
      const routes = Array.from({ length: 30 }, (_, index) => uniqueRoute(index % 3 === 0 ? { copies: [had] } : {}))
      yield* Effect.forEach(routes, (route) => registerRoute(routing, route))
      const [first] = routes
      const keys = [...routes.map(({ key }) => key), uniqueKey("absent"), ...(first === undefined ? [] : [first.key])]
      const added = [...routes.map(() => true), false, true]
      expect(yield* routing.addCopies(keys, place)).toEqual(added)
      const found = yield* routing.findMany(routes.map(({ key }) => key))
      expect(found).toEqual(routes.map((route) => Option.some({ ...route, copies: [...route.copies, place] })))
      expect(yield* routing.addCopies(keys, place)).toEqual(added)
      expect(yield* routing.findMany(routes.map(({ key }) => key))).toEqual(found)
      expect(yield* routing.findMany([uniqueKey("absent")])).toEqual([Option.none()])
      expect(yield* routing.addCopies([], place)).toEqual([])
    }),
  )

  it.effect("keeps every copy that is added at once", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const route = uniqueRoute()
      yield* registerRoute(routing, route)
      const copies = Array.from({ length: 10 }, () => uniqueLocation("storage"))
      const added = yield* Effect.forEach(copies, (copy) => routing.addCopy(route.key, copy), {
        concurrency: "unbounded",
      })
      expect(added).toEqual(copies.map(() => true))
      expect(yield* copiesOf(route.key)).toHaveLength(copies.length)
      expect(new Set(yield* copiesOf(route.key))).toEqual(new Set(copies))
    }),
  )
}

const copiesOf = Effect.fnUntraced(function* (key: ObjectKey) {
  const routing = yield* ObjectRouting
  const [found] = yield* routing.findMany([key])
  const copies: ReadonlyArray<Location> = Option.getOrThrow(found ?? Option.none()).copies
  return copies
})
