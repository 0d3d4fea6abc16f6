/** How many HTTP calls each operation makes: the numbers that the README states. */
import { describe, expect, it } from "@effect/vitest"
import { FramedbId, ObjectKey, type ObjectRoute, QueueName, type StreamRoute } from "@framedb/core"
import { HttpObjectRouting, HttpStreamRouting } from "@framedb/routing"
import { FrameDBServer } from "@framedb/server"
import { registerRoute, startPublishedServices } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { countingProxy } from "./countingProxy.ts"

const routeOf = (key: string, sizeBytes = 1): ObjectRoute => ({
  key: ObjectKey.make(key),
  framedbId: FramedbId.make("redis-1"),
  type: "in-memory",
  copies: [],
  sizeBytes,
  metadata: { a: { b: 1 } },
})

const streamOf = (queue: string, framedbId = "redis-1"): StreamRoute => ({
  queue: QueueName.make(queue),
  framedbId: FramedbId.make(framedbId),
  metadata: {},
})

const published = Effect.acquireRelease(
  Effect.promise(() => startPublishedServices()),
  (services) => Effect.promise(() => services.stop()),
)

const ours = Effect.gen(function* () {
  const context = yield* Layer.build(FrameDBServer.layer({ port: 0 }))
  return yield* countingProxy(Context.get(context, FrameDBServer.FrameDBServer).url)
})

const keys = (count: number) => Array.from({ length: count }, (_, index) => ObjectKey.make(`key-${index}`))
const copy = { framedbId: FramedbId.make("sql-1"), type: "storage" } as const

describe("objects", () => {
  it.live("take one call each on our server, which is recognised by the answer to the first", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* ours
      const routing = yield* HttpObjectRouting.make({ url })
      yield* routing.findMany(keys(1))
      expect(calls()).toEqual(["GET /framedb/objects/key-0 404"])
      yield* routing.findMany(keys(256))
      expect(calls()).toEqual(["POST /framedb/objects/lookup 200"])
      yield* routing.registerMany(keys(256).map((key) => routeOf(key)))
      expect(calls()).toEqual(["POST /framedb/objects/register 200"])
      yield* registerRoute(routing, routeOf("new"))
      yield* registerRoute(routing, routeOf("new", 2))
      yield* routing.addCopy(ObjectKey.make("new"), copy)
      yield* routing.removeCopy(ObjectKey.make("new"), copy.framedbId)
      expect(yield* routing.remove(ObjectKey.make("new"))).toEqual(Option.some(routeOf("new", 2)))
      yield* Stream.runDrain(routing.list({}))
      expect(calls()).toHaveLength(6)
      yield* routing.addCopies(keys(256), copy)
      expect(calls()).toEqual(["POST /framedb/objects/add-copies 200"])
    }),
  )

  it.live("take one call more for a first batch, and none for a first write", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* ours
      yield* (yield* HttpObjectRouting.make({ url })).findMany(keys(256))
      expect(calls()).toHaveLength(2)
      yield* registerRoute(yield* HttpObjectRouting.make({ url }), routeOf("first"))
      expect(calls()).toEqual(["POST /framedb/objects 201"])
      expect(yield* registerRoute(yield* HttpObjectRouting.make({ url }), routeOf("first", 2))).toEqual(
        Option.some(routeOf("first")),
      )
      expect(calls()).toEqual(["POST /framedb/objects 400", "POST /framedb/objects/upsert 200"])
    }),
  )

  it.live("are registered in a first batch by two calls, and in several where they have much metadata", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* ours
      const routing = yield* HttpObjectRouting.make({ url })
      yield* routing.registerMany(keys(256).map((key) => routeOf(key)))
      expect(calls()).toEqual(["POST /framedb/objects 201", "POST /framedb/objects/register 200"])
      const metadata = { text: "x".repeat(60_000) }
      yield* routing.registerMany(keys(40).map((key) => ({ ...routeOf(key), metadata })))
      expect(calls()).toHaveLength(3)
    }),
  )

  it.live("are registered one by one where one of a batch is refused, which fails no other", () =>
    Effect.gen(function* () {
      const { url } = yield* ours
      const routing = yield* HttpObjectRouting.make({ url })
      yield* routing.findMany(keys(1))
      // What only plain JavaScript can pass.
      const refused = { ...routeOf("key-1"), sizeBytes: -1 }
      const registered = yield* routing.registerMany([routeOf("key-0"), refused, routeOf("key-0", 2), routeOf("key-2")])
      expect(registered).toMatchObject([
        Result.succeed(Option.none()),
        { _tag: "Failure", failure: { reason: { _tag: "Rejected" }, maybeApplied: false } },
        Result.succeed(Option.some(routeOf("key-0"))),
        Result.succeed(Option.none()),
      ])
      expect(yield* routing.findMany(keys(3))).toEqual([
        Option.some(routeOf("key-0", 2)),
        Option.none(),
        Option.some(routeOf("key-2")),
      ])
    }),
  )

  it.live("are registered one by one by a server of ours that knows no batches yet", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* ours
      const older = yield* countingProxy(url, "/framedb/objects/register")
      const routing = yield* HttpObjectRouting.make({ url: older.url })
      yield* routing.findMany(keys(1))
      calls()
      const routes = keys(5).map((key) => routeOf(key))
      expect(yield* routing.registerMany(routes)).toEqual(routes.map(() => Result.succeed(Option.none())))
      expect(calls()).toEqual(routes.map(() => "POST /framedb/objects/upsert 200"))
    }),
  )

  it.live("take the published flow on the published service", () =>
    Effect.gen(function* () {
      const services = yield* published
      const calls = () => services.takeRequests().map(({ method, path, status }) => `${method} ${path} ${status}`)
      const routing = yield* HttpObjectRouting.make({ url: services.url })
      yield* registerRoute(routing, routeOf("k"))
      expect(calls()).toEqual(["POST /framedb/objects 201", "POST /framedb/objects/k/update 200"])
      yield* registerRoute(routing, routeOf("k", 2))
      expect(calls()).toEqual([
        "POST /framedb/objects 400",
        "GET /framedb/objects/k 200",
        "POST /framedb/objects/k/update 200",
      ])
      yield* registerRoute(routing, routeOf("k", 2))
      expect(calls()).toEqual([
        "POST /framedb/objects 400",
        "GET /framedb/objects/k 200",
        "POST /framedb/objects/k/update 400",
        "GET /framedb/objects/k 200",
      ])
      yield* routing.findMany(keys(10))
      expect(calls()).toEqual(["GET /framedb/objects 200"])
      yield* routing.findMany(keys(3))
      expect(calls()).toHaveLength(3)
      const routes = keys(10).map((key) => routeOf(key))
      expect(yield* routing.registerMany(routes)).toEqual(routes.map(() => Result.succeed(Option.none())))
      expect(calls()).toEqual([
        "GET /framedb/objects 200",
        ...keys(10).map((key) => `POST /framedb/objects/${key}/update 400`),
        "GET /framedb/objects 200",
      ])
      expect(yield* routing.findMany(keys(10))).toEqual(routes.map(Option.some))
      expect(calls()).toEqual(["GET /framedb/objects 200"])
      yield* routing.addCopy(ObjectKey.make("k"), copy)
      yield* routing.addCopy(ObjectKey.make("k"), copy)
      expect(calls()).toEqual([
        "POST /framedb/objects/k/add-copy 200",
        "POST /framedb/objects/k/add-copy 400",
        "GET /framedb/objects/k 200",
      ])
      yield* routing.addCopies(keys(10), copy)
      expect(calls()).toHaveLength(10)
      yield* Stream.runDrain(routing.list({}))
      yield* routing.remove(ObjectKey.make("k"))
      expect(calls()).toEqual(["GET /framedb/objects 200", "DELETE /framedb/objects/k 200"])
    }),
  )

  it.live("have an outcome each in a batch for the published service, which knows none", () =>
    Effect.gen(function* () {
      const services = yield* published
      const { objects } = services.documents
      const routing = yield* HttpObjectRouting.make({ url: services.url })
      yield* Effect.forEach(["same", "changed"], (name) => registerRoute(routing, routeOf(name)))
      // Another kind of client's entry names no key.
      objects.set("foreign", { framedb_id: "redis-1", framedb_type: "in-memory", copies: [], size: 7, metadata: {} })
      const routes = [
        ...["new", "same", "a/b"].map((name) => routeOf(name)),
        ...["changed", "foreign"].map((name) => routeOf(name, 2)),
        ...[3, 4].map((sizeBytes) => routeOf("twice", sizeBytes)),
      ]
      expect(yield* routing.registerMany(routes)).toEqual([
        Result.succeed(Option.none()),
        Result.succeed(Option.some(routeOf("same"))),
        Result.succeed(Option.none()),
        Result.succeed(Option.some(routeOf("changed"))),
        Result.succeed(Option.some({ ...routeOf("foreign", 7), metadata: {} })),
        Result.succeed(Option.none()),
        Result.succeed(Option.some(routeOf("twice", 3))),
      ])
      const last = routes.filter((route) => route.sizeBytes !== 3)
      expect(yield* routing.findMany(last.map(({ key }) => key))).toEqual(last.map(Option.some))
    }),
  )

  it.live("with a key that can't stand in a path are found by the filter of the published service", () =>
    Effect.gen(function* () {
      const services = yield* published
      const routing = yield* HttpObjectRouting.make({ url: services.url })
      for (const key of ["a/b", ".", ".."]) {
        const route = routeOf(key)
        expect(yield* registerRoute(routing, route)).toEqual(Option.none())
        expect(yield* registerRoute(routing, route)).toEqual(Option.some(route))
        expect(yield* routing.findMany([route.key])).toEqual([Option.some(route)])
        const error = yield* Effect.flip(registerRoute(routing, routeOf(key, 2)))
        expect(error).toMatchObject({ reason: { _tag: "Rejected" }, maybeApplied: false })
        expect(yield* Effect.flip(routing.remove(route.key))).toMatchObject({ reason: { _tag: "Rejected" } })
        expect(services.documents.objects.has(key)).toBe(true)
      }
    }),
  )

  it.live(
    "with a key that can't stand in a path are changed by the first call of a client, or after one without an answer",
    () =>
      Effect.gen(function* () {
        const { url, calls } = yield* ours
        const fresh = HttpObjectRouting.make({ url })
        yield* registerRoute(yield* fresh, routeOf("a/b"))
        calls()
        const key = ObjectKey.make("a/b")
        expect(yield* (yield* fresh).addCopy(key, copy)).toBe(true)
        expect(yield* (yield* fresh).removeCopy(key, copy.framedbId)).toBe(true)
        expect(yield* (yield* fresh).remove(key)).toEqual(Option.some(routeOf("a/b")))
        expect(calls()).toEqual([
          "POST /framedb/objects/add-copy 200",
          "POST /framedb/objects/remove-copy 200",
          "POST /framedb/objects/remove 200",
        ])
      }),
  )

  it.live("that other clients wrote are read, with the older names of their types", () =>
    Effect.gen(function* () {
      const services = yield* published
      const { objects } = services.documents
      objects.set("old", {
        framedb_id: "r",
        framedb_type: "memory",
        copies: [{ framedb_id: "s", framedb_type: "persistent" }],
      })
      objects.set("bare", { framedb_id: "s", framedb_type: "persistent", copies: null, size: null, metadata: null })
      objects.set("named", { framedb_id: "s", framedb_type: "persistent", object_id: "named", size: 7 })
      const routing = yield* HttpObjectRouting.make({ url: services.url })
      const found = yield* routing.findMany([ObjectKey.make("old"), ObjectKey.make("bare")])
      expect(found.map(Option.getOrNull)).toEqual([
        {
          key: "old",
          framedbId: "r",
          type: "in-memory",
          copies: [{ framedbId: "s", type: "storage" }],
          sizeBytes: 0,
          metadata: {},
        },
        { key: "bare", framedbId: "s", type: "storage", copies: [], sizeBytes: 0, metadata: {} },
      ])
      const listed = yield* Stream.runCollect(routing.list({ type: "storage" }))
      expect(listed.map(({ key }) => key)).toEqual(["named"])
    }),
  )
})

describe("queues", () => {
  it.live("never touch the calls that the published service breaks", () =>
    Effect.gen(function* () {
      const services = yield* published
      const calls = () => services.takeRequests().map(({ method, path, status }) => `${method} ${path} ${status}`)
      const routing = yield* HttpStreamRouting.make({ url: services.url })
      expect(yield* routing.register(streamOf("q"))).toEqual(Option.none())
      expect(calls()).toEqual([
        "GET /framedb/streams 200",
        "POST /framedb/streams/q/update 400",
        "GET /framedb/streams 200",
      ])
      expect(yield* routing.register(streamOf("q"))).toEqual(Option.some(streamOf("q")))
      expect(calls()).toEqual(["GET /framedb/streams 200"])
      expect(yield* routing.register(streamOf("q", "redis-2"))).toEqual(Option.some(streamOf("q")))
      expect(calls()).toEqual(["GET /framedb/streams 200", "POST /framedb/streams/q/update 200"])
      yield* routing.find(QueueName.make("q"))
      yield* routing.remove(QueueName.make("q"))
      expect(calls()).toEqual(["GET /framedb/streams 200", "DELETE /framedb/streams/q 200"])
    }),
  )

  it.live("whose name can't stand in a path are removed by the first call of a client", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* ours
      yield* (yield* HttpStreamRouting.make({ url })).register(streamOf("q/1"))
      calls()
      expect(yield* (yield* HttpStreamRouting.make({ url })).remove(QueueName.make("q/1"))).toBe(true)
      expect(calls()).toEqual(["POST /framedb/streams/remove 200"])
    }),
  )

  it.live("take one call each on our server", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* ours
      const routing = yield* HttpStreamRouting.make({ url })
      yield* routing.find(QueueName.make("q"))
      expect(calls()).toHaveLength(1)
      yield* routing.register(streamOf("q"))
      yield* routing.find(QueueName.make("q"))
      yield* routing.remove(QueueName.make("q"))
      expect(calls()).toHaveLength(3)
    }),
  )
})

describe("a server that changes its kind", () => {
  it.live("is recognised again at the next answer", () =>
    Effect.gen(function* () {
      const services = yield* published
      const own = yield* ours
      const switching = yield* countingProxy(own.url)
      const routing = yield* HttpObjectRouting.make({ url: switching.url })
      yield* routing.findMany(keys(1))
      yield* registerRoute(routing, routeOf("a"))
      switching.retarget(services.url)
      switching.calls()
      expect(yield* registerRoute(routing, routeOf("a"))).toEqual(Option.none())
      expect(switching.calls()).toEqual([
        "POST /framedb/objects/upsert 405",
        "POST /framedb/objects 201",
        "POST /framedb/objects/a/update 200",
      ])
      switching.retarget(own.url)
      yield* routing.findMany(keys(3))
      yield* routing.findMany(keys(3))
      expect(switching.calls().at(-1)).toBe("POST /framedb/objects/lookup 200")
    }),
  )
})
