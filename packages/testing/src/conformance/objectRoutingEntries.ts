import { expect, type Vitest } from "@effect/vitest"
import { maxRoutesPerLookup, type ObjectRoute, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { registerRoute } from "../registerRoute.ts"
import { awkwardKeys, widestKey } from "./awkwardKeys.ts"
import type { ObjectRoutingSuiteOptions } from "./objectRoutingSuite.ts"
import { awkwardMetadata, uniqueFramedbId, uniqueLocation, uniqueRoute } from "./routes.ts"
import { asKey, uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectRouting>
type Capability = ObjectRoutingSuiteOptions<never>["capability"]

/** Entries: whole when they are registered, whole when they are found, gone when they are removed. */
export const entryTests = (it: Tests, capability: Capability): void => {
  it.effect("registers, finds and removes a route", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const route = uniqueRoute()
      expect(yield* routing.findMany([route.key])).toEqual([Option.none()])
      expect(yield* registerRoute(routing, route)).toEqual(Option.none())
      expect(yield* routing.findMany([route.key])).toEqual([Option.some(route)])
      expect([Option.some(route), Option.some("untold")]).toContainEqual(yield* routing.remove(route.key))
      expect(yield* routing.remove(route.key)).toEqual(Option.none())
      expect(yield* routing.findMany([route.key])).toEqual([Option.none()])
    }),
  )

  it.effect("keeps every field as it was given", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const copies = [uniqueLocation("in-memory"), uniqueLocation("storage")]
      const routes = [
        uniqueRoute({ type: "storage", sizeBytes: 0, metadata: {} }),
        uniqueRoute({ sizeBytes: Number.MAX_SAFE_INTEGER, copies }),
        uniqueRoute({ metadata: awkwardMetadata }),
        uniqueRoute({ framedbId: uniqueFramedbId("a/b ?#%41 😀 é") }),
      ]
      for (const route of routes) {
        yield* registerRoute(routing, route)
        expect(yield* routing.findMany([route.key])).toEqual([Option.some(route)])
      }
    }),
  )

  it.effect("makes the route exactly the one given, and gives the one before", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const first = uniqueRoute({ copies: [uniqueLocation(), uniqueLocation()], metadata: { a: 1, b: { c: 2, d: 3 } } })
      const second = uniqueRoute({ key: first.key, type: "storage", sizeBytes: 0, metadata: { b: { c: 4 } } })
      const third = { ...second, metadata: {}, copies: [uniqueLocation("storage")] }
      yield* registerRoute(routing, first)
      let previous: ObjectRoute = first
      // Again the same: "nothing changed" is a success.
      for (const route of [second, second, third, third, first]) {
        expect(yield* registerRoute(routing, route)).toEqual(Option.some(previous))
        expect(yield* routing.findMany([first.key])).toEqual([Option.some(route)])
        previous = route
      }
    }),
  )

  it.effect("answers many keys in their order, present, absent and given twice", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const routes = Array.from({ length: 5 }, (_, index) => uniqueRoute({ sizeBytes: index }))
      yield* Effect.forEach(routes, (route) => registerRoute(routing, route), { concurrency: "unbounded" })
      const keys = routes.flatMap(({ key }) => [uniqueKey("absent"), key]).toReversed()
      const expected = routes.flatMap((route) => [Option.none(), Option.some(route)]).toReversed()
      expect(yield* routing.findMany([...keys, ...keys])).toEqual([...expected, ...expected])
      expect(yield* routing.findMany([])).toEqual([])
    }),
  )

  it.effect("looks up as many keys as it says", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const route = uniqueRoute()
      yield* registerRoute(routing, route)
      const keys = Array.from({ length: maxRoutesPerLookup }, (_, index) => (index === 100 ? route.key : uniqueKey()))
      const found = yield* routing.findMany(keys)
      expect(found).toHaveLength(maxRoutesPerLookup)
      expect(found.flatMap(Option.toArray)).toEqual([route])
      expect(found[100]).toEqual(Option.some(route))
    }),
  )

  it.effect("gives answers that are the caller's to change", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const route = uniqueRoute({ metadata: { list: [1, 2], nested: { a: 1 } }, copies: [uniqueLocation()] })
      yield* registerRoute(routing, route)
      const [found] = yield* routing.findMany([route.key])
      const { metadata, copies } = Option.getOrThrow(found ?? Option.none())
      // What a caller in plain JavaScript can do, whatever `readonly` says.
      Reflect.set(Object(metadata.nested), "a", 2)
      Reflect.set(metadata, "list", [])
      Reflect.deleteProperty(copies, 0)
      expect(yield* routing.findMany([route.key])).toEqual([Option.some(route)])
    }),
  )

  it.effect("ends with one of the routes that are registered at once", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const { key } = uniqueRoute()
      const routes = Array.from({ length: 12 }, (_, index) => uniqueRoute({ key, sizeBytes: index }))
      yield* Effect.forEach(routes, (route) => registerRoute(routing, route), { concurrency: "unbounded" })
      const [found] = yield* routing.findMany([key])
      expect(routes).toContainEqual(Option.getOrThrow(found ?? Option.none()))
    }),
  )

  batchTests(it)
  awkwardKeyTests(it, capability)
}

const batchTests = (it: Tests): void => {
  it.effect("registers as many routes as it says, and gives each that it took the place of", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      expect(yield* routing.registerMany([])).toEqual([])
      const routes = Array.from({ length: maxRoutesPerLookup }, (_, sizeBytes) => uniqueRoute({ sizeBytes }))
      const keys = routes.map(({ key }) => key)
      expect(yield* routing.registerMany(routes)).toEqual(routes.map(() => Result.succeed(Option.none())))
      expect(yield* routing.findMany(keys)).toEqual(routes.map(Option.some))
      // Half of them are there already, in an order of its own.
      const others = routes.map((route, index) => (index % 2 === 0 ? uniqueRoute() : { ...route, metadata: { index } }))
      const mixed = others.toReversed()
      const previous = routes.map((route, index) => (index % 2 === 0 ? Option.none() : Option.some(route))).toReversed()
      expect(yield* routing.registerMany(mixed)).toEqual(previous.map(Result.succeed))
      expect(yield* routing.findMany(mixed.map(({ key }) => key))).toEqual(mixed.map(Option.some))
      expect(yield* routing.registerMany(mixed)).toEqual(mixed.map((route) => Result.succeed(Option.some(route))))
    }),
  )

  it.effect("applies routes of one key in the order of the batch", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const [first, other] = [uniqueRoute({ sizeBytes: 1 }), uniqueRoute()]
      const [second, third] = [
        { ...first, sizeBytes: 2 },
        { ...first, sizeBytes: 3, copies: [uniqueLocation()] },
      ]
      const registered = yield* routing.registerMany([first, second, other, third])
      const previous = [Option.none(), Option.some(first), Option.none(), Option.some(second)]
      expect(registered).toEqual(previous.map(Result.succeed))
      expect(yield* routing.findMany([first.key, other.key])).toEqual([Option.some(third), Option.some(other)])
    }),
  )

  it.effect("registers routes that are large together", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const metadata = { text: "é".repeat(30_000) }
      const routes = Array.from({ length: 80 }, (_, sizeBytes) => uniqueRoute({ sizeBytes, metadata }))
      const registered = yield* routing.registerMany(routes)
      expect(registered).toEqual(routes.map(() => Result.succeed(Option.none())))
      const found = yield* routing.findMany(routes.slice(60, 62).map(({ key }) => key))
      expect(found).toEqual(routes.slice(60, 62).map(Option.some))
    }),
  )
}

const awkwardKeyTests = (it: Tests, capability: Capability): void => {
  const groups = [
    ...awkwardKeys(),
    { group: "long", keys: [widestKey(255), asKey(uniqueKey("long").padEnd(1024, "x"))] },
    // These two can't be unique: they are tried where they can be removed again.
    ...(capability.changesAnyKey ? [{ group: "dots", keys: [asKey("."), asKey("..")] }] : []),
  ]
  for (const { group, keys } of groups) {
    it.effect(`tells keys apart: ${group}`, () =>
      Effect.gen(function* () {
        const routing = yield* ObjectRouting
        const inPath = keys.filter((key) => capability.changesAnyKey || !key.includes("/"))
        yield* Effect.forEach(inPath, (key) => routing.remove(key), { concurrency: 8 })
        const routes = keys.map((key, index) => uniqueRoute({ key, sizeBytes: index }))
        yield* Effect.forEach(routes, (route) =>
          Effect.gen(function* () {
            expect(yield* registerRoute(routing, route)).toEqual(Option.none())
            const found = yield* routing.findMany(keys)
            expect(found[keys.indexOf(route.key)]).toEqual(Option.some(route))
          }),
        )
        yield* Effect.forEach(inPath, (key) =>
          Effect.map(routing.remove(key), (was) => expect(Option.isSome(was)).toBe(true)),
        )
        const left = yield* routing.findMany(inPath)
        expect(left).toEqual(inPath.map(() => Option.none()))
      }),
    )
  }
}
