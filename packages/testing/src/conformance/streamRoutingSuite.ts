/** What every `StreamRouting` promises, run alike in memory, on the server and on the published service. */
import { randomUUID } from "node:crypto"
import { expect, layer, type Vitest } from "@effect/vitest"
import { QueueName, type StreamRoute, StreamRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { awkwardKeys } from "./awkwardKeys.ts"
import { awkwardMetadata, uniqueFramedbId } from "./routes.ts"

/** What the suite is run on. */
export interface StreamRoutingSuiteOptions<E> {
  /** One routing service, which the tests share and in which each makes queues of its own. */
  readonly layer: Layer.Layer<StreamRouting, E>
  readonly capability: {
    /** Whether queues whose names can't stand in a path (`a/b`) can be registered, changed and removed. */
    readonly changesAnyName: boolean
  }
}

type Tests = Vitest.MethodsNonLive<StreamRouting>

const uniqueRoute = (fields: Partial<StreamRoute> = {}): StreamRoute => ({
  queue: QueueName.make(`queue-${randomUUID()}`),
  framedbId: uniqueFramedbId(),
  metadata: { owner: "suite" },
  ...fields,
})

/** Registers the tests of the `StreamRouting` contract. They run with the real clock. */
export const streamRoutingSuite = <E>(name: string, options: StreamRoutingSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    entryTests(it)
    nameTests(it, options.capability.changesAnyName)
    listTests(it)
  })
}

const entryTests = (it: Tests): void => {
  it.effect("registers, finds and removes a route", () =>
    Effect.gen(function* () {
      const routing = yield* StreamRouting
      const route = uniqueRoute({ metadata: awkwardMetadata })
      expect(yield* routing.find(route.queue)).toEqual(Option.none())
      expect(yield* routing.register(route)).toEqual(Option.none())
      expect(yield* routing.find(route.queue)).toEqual(Option.some(route))
      expect(yield* routing.remove(route.queue)).toBe(true)
      expect(yield* routing.remove(route.queue)).toBe(false)
      expect(yield* routing.find(route.queue)).toEqual(Option.none())
    }),
  )

  it.effect("makes the route exactly the one given, and gives the one before", () =>
    Effect.gen(function* () {
      const routing = yield* StreamRouting
      const first = uniqueRoute({ metadata: { a: 1, b: { c: 2, d: 3 } } })
      const second = { ...first, framedbId: uniqueFramedbId(), metadata: { b: { c: 4 } } }
      const third = { ...second, metadata: {} }
      yield* routing.register(first)
      let previous: StreamRoute = first
      for (const route of [second, second, third, third, first]) {
        expect(yield* routing.register(route)).toEqual(Option.some(previous))
        expect(yield* routing.find(first.queue)).toEqual(Option.some(route))
        previous = route
      }
    }),
  )

  it.effect("gives answers that are the caller's to change", () =>
    Effect.gen(function* () {
      const routing = yield* StreamRouting
      const route = uniqueRoute({ metadata: { nested: { a: 1 } } })
      yield* routing.register(route)
      const found = Option.getOrThrow(yield* routing.find(route.queue))
      Reflect.set(Object(found.metadata.nested), "a", 2)
      expect(yield* routing.find(route.queue)).toEqual(Option.some(route))
    }),
  )

  it.effect("ends with one of the routes that are registered at once", () =>
    Effect.gen(function* () {
      const routing = yield* StreamRouting
      const { queue } = uniqueRoute()
      const routes = Array.from({ length: 12 }, () => uniqueRoute({ queue }))
      yield* Effect.forEach(routes, (route) => routing.register(route), { concurrency: "unbounded" })
      expect(routes).toContainEqual(Option.getOrThrow(yield* routing.find(queue)))
    }),
  )
}

const nameTests = (it: Tests, changesAnyName: boolean): void => {
  for (const { group, keys } of awkwardKeys()) {
    it.effect(`tells names apart: ${group}`, () =>
      Effect.gen(function* () {
        const routing = yield* StreamRouting
        const names = keys.filter((key) => changesAnyName || !key.includes("/")).map((key) => QueueName.make(key))
        const routes = names.map((queue, index) => uniqueRoute({ queue, metadata: { index } }))
        for (const route of routes) expect(yield* routing.register(route)).toEqual(Option.none())
        for (const route of routes) expect(yield* routing.find(route.queue)).toEqual(Option.some(route))
        for (const name of names) expect(yield* routing.remove(name)).toBe(true)
        for (const name of names) expect(yield* routing.find(name)).toEqual(Option.none())
      }),
    )
  }
}

const listTests = (it: Tests): void => {
  it.effect("lists every queue, each once, and nothing that was removed", () =>
    Effect.gen(function* () {
      const routing = yield* StreamRouting
      const routes = Array.from({ length: 20 }, () => uniqueRoute())
      const removed = uniqueRoute()
      yield* Effect.forEach([...routes, removed], (route) => routing.register(route), { concurrency: 8 })
      yield* routing.remove(removed.queue)
      const own = new Set([...routes, removed].map(({ queue }) => queue))
      const listed = (yield* Stream.runCollect(routing.list)).filter(({ queue }) => own.has(queue))
      expect(listed).toHaveLength(routes.length)
      expect(new Set(listed)).toEqual(new Set(routes))
    }),
  )
}
