/** What clients see while a routing server is killed, frozen and started again. */
import { expect, layer } from "@effect/vitest"
import { FramedbId, ObjectKey, type ObjectRoute } from "@framedb/core"
import { HttpObjectRouting } from "@framedb/routing"
import { FrameDBServer } from "@framedb/server"
import { RoutingServer, registerRoute, SqlServer } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
        Effect.tap(registerRoute(routing, route), () => {
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
      yield* registerRoute(routing, routeOf(1_000))
      yield* server.pause
      const error = yield* Effect.flip(routing.findMany([routeOf(1_000).key]))
      yield* server.resume
      expect(error.reason._tag).toBe("Timeout")
      expect(yield* routing.findMany([routeOf(1_000).key])).toEqual([Option.some(routeOf(1_000))])
    }).pipe(Effect.scoped),
  )
})

layer(SqlServer.layer(), { excludeTestServices: true, timeout: "60 seconds" })(
  "a routing server on a SQL server",
  (it) => {
    it.effect("is overloaded while that is away, keeps what it acknowledged, and goes on by itself", () =>
      Effect.gen(function* () {
        const sql = yield* SqlServer.SqlServer
        const context = yield* Layer.build(FrameDBServer.layer({ port: 0, store: sql.url, stopMillis: 500 }))
        const { url } = Context.get(context, FrameDBServer.FrameDBServer)
        const routing = yield* HttpObjectRouting.make({ url })
        yield* registerRoute(routing, routeOf(1))
        yield* sql.kill
        const read = yield* Effect.flip(routing.findMany([routeOf(1).key]))
        const write = yield* Effect.flip(registerRoute(routing, routeOf(2)))
        expect(read).toMatchObject({ reason: { _tag: "Overloaded", code: "503" }, maybeApplied: false })
        expect(write).toMatchObject({ reason: { _tag: "Overloaded", code: "503" }, maybeApplied: true })
        yield* sql.restart
        expect(yield* routing.findMany([routeOf(1).key])).toEqual([Option.some(routeOf(1))])
        expect(yield* registerRoute(routing, routeOf(1))).toEqual(Option.some(routeOf(1)))
      }).pipe(Effect.scoped),
    )
  },
)
