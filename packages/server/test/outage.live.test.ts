/** What clients see while a routing server is killed, frozen and started again. */
import { expect, layer } from "@effect/vitest"
import { FramedbId, ObjectKey, type ObjectRoute } from "@framedb/core"
import { HttpObjectRouting } from "@framedb/routing"
import { RoutingServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const routeOf = (index: number): ObjectRoute => ({
  key: ObjectKey.make(`k/${index}`),
  framedbId: FramedbId.make("redis-1"),
  type: "in-memory",
  copies: [],
  sizeBytes: index,
  metadata: {},
})

layer(RoutingServer.layer(), { excludeTestServices: true, timeout: "60 seconds" })("a routing server", (it) => {
  it.effect("that is killed in the middle of writes has everything that it acknowledged, and is used again", () =>
    Effect.gen(function* () {
      const server = yield* RoutingServer.RoutingServer
      const routing = yield* HttpObjectRouting.make({ url: server.url, deadlineMillis: 2_000 })
      const routes = Array.from({ length: 300 }, (_, index) => routeOf(index))
      const acknowledged: Array<ObjectRoute> = []
      const write = (route: ObjectRoute) =>
        Effect.tap(routing.register(route), () => {
          acknowledged.push(route)
          return acknowledged.length === 100 ? server.kill : Effect.void
        })
      const results = yield* Effect.forEach(routes, (route) => Effect.result(write(route)), { concurrency: 8 })
      const failures = results.filter((result) => result._tag === "Failure").map(({ failure }) => failure)
      expect(failures.length).toBeGreaterThan(0)
      for (const failure of failures)
        expect(failure).toMatchObject({ backend: "routing", reason: { _tag: "Unavailable" } })
      yield* server.restart
      const found = yield* routing.findMany(acknowledged.map(({ key }) => key))
      expect(found).toEqual(acknowledged.map(Option.some))
    }).pipe(Effect.scoped),
  )

  it.effect("that hangs is a Timeout, and is used again when it goes on", () =>
    Effect.gen(function* () {
      const server = yield* RoutingServer.RoutingServer
      const routing = yield* HttpObjectRouting.make({ url: server.url, deadlineMillis: 300 })
      yield* routing.register(routeOf(1_000))
      yield* server.pause
      const error = yield* Effect.flip(routing.findMany([routeOf(1_000).key]))
      yield* server.resume
      expect(error.reason._tag).toBe("Timeout")
      expect(yield* routing.findMany([routeOf(1_000).key])).toEqual([Option.some(routeOf(1_000))])
    }).pipe(Effect.scoped),
  )
})
