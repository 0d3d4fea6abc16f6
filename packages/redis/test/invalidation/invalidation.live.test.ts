import { describe, expect, it } from "@effect/vitest"
import { ClusterRegistry, type InvalidationSignal } from "@framedb/core"
import { RedisCacheInvalidation } from "@framedb/redis"
import { RedisClusterServers, RedisServer } from "@framedb/testing"
import { CacheInvalidationUnderTest, cacheInvalidationSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { Redis } from "ioredis"
import { instanceAt } from "../instanceAt.ts"

const redis = { maxReconnectDelayMillis: 100 }

const onServer = Layer.effect(
  CacheInvalidationUnderTest,
  Effect.gen(function* () {
    const server = yield* RedisServer.make()
    return {
      join: Effect.orDie(RedisCacheInvalidation.make(server.url, { redis })),
      break: Effect.orDie(server.kill),
      heal: Effect.orDie(server.restart),
    }
  }),
)

cacheInvalidationSuite("a channel over Redis", { layer: onServer })

const driverOf = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Redis(url)),
    (driver) => Effect.sync(() => driver.disconnect()),
  )

/** Joins, and gives what is heard. */
const join = Effect.fnUntraced(function* (
  url: string,
  options: RedisCacheInvalidation.RedisCacheInvalidationOptions = {},
) {
  const channel = yield* RedisCacheInvalidation.make(url, { redis, ...options })
  const signals: Array<InvalidationSignal> = []
  yield* channel.listen((signal) => signals.push(signal))
  yield* eventually(() => signals.some(({ _tag }) => _tag === "Connected"))
  return { channel, signals }
})

const eventually = (holds: () => boolean) =>
  Effect.sync(holds).pipe(
    Effect.repeat({ until: (held) => held, schedule: Schedule.spaced(5) }),
    Effect.timeout("15 seconds"),
    Effect.orDie,
  )

const keysOf = (signals: ReadonlyArray<InvalidationSignal>) =>
  signals.flatMap((signal) => (signal._tag === "Changed" ? signal.keys : []))
const tagsOf = (signals: ReadonlyArray<InvalidationSignal>) => signals.map(({ _tag }) => _tag)

describe("a channel over Redis", () => {
  it.live("takes what it can't understand for something missed, and goes on", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const [one, two] = [yield* join(server.url), yield* join(server.url)]
      const driver = yield* driverOf(server.url)
      yield* Effect.promise(() => driver.publish(RedisCacheInvalidation.defaultChannel, "FDBI nonsense"))
      yield* eventually(() => tagsOf(two.signals).includes("Missed"))
      one.channel.publish("k")
      yield* eventually(() => keysOf(two.signals).includes("k"))
      expect(tagsOf(two.signals)).toEqual(["Connected", "Missed", "Changed"])
    }),
  )

  it.live("keeps to its name", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const [one, other] = [yield* join(server.url), yield* join(server.url, { channel: "another" })]
      const same = yield* join(server.url)
      one.channel.publish("k")
      yield* eventually(() => keysOf(same.signals).includes("k"))
      expect(keysOf(other.signals)).toEqual([])
    }),
  )

  it.live("breaks where a connection is cut by the server, either of the two, and heals by itself", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const driver = yield* driverOf(server.url)
      for (const kind of ["pubsub", "normal"] as const) {
        const { signals } = yield* join(server.url)
        yield* Effect.promise(() => driver.call("CLIENT", ["KILL", "TYPE", kind, "SKIPME", "yes"]))
        yield* eventually(() => tagsOf(signals).filter((tag) => tag === "Connected").length === 2)
        expect(tagsOf(signals)).toEqual(["Connected", "Disconnected", "Connected"])
      }
    }),
  )

  it.live("breaks where the server stops answering, within two heartbeats", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { signals } = yield* join(server.url, { heartbeatMillis: 200 })
      yield* server.pause
      const begun = performance.now()
      yield* eventually(() => tagsOf(signals).includes("Disconnected"))
      expect(performance.now() - begun).toBeLessThan(2_000)
      yield* server.resume
      yield* eventually(() => tagsOf(signals).at(-1) === "Connected")
    }),
  )

  it.live("tells what was published just before it closes", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const two = yield* join(server.url)
      yield* Effect.scoped(Effect.map(RedisCacheInvalidation.make(server.url), ({ publish }) => publish("last word")))
      yield* eventually(() => keysOf(two.signals).includes("last word"))
    }),
  )

  it.live("closes soon where there is no server to tell, and begins without one", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      yield* server.kill
      const begun = performance.now()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { publish } = yield* RedisCacheInvalidation.make(server.url)
          yield* Effect.sleep(300)
          publish("k")
        }),
      )
      expect(performance.now() - begun).toBeLessThan(1_200)
    }),
  )

  it.live("withstands a storm of messages without keeping any", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const one = yield* RedisCacheInvalidation.make(server.url, { redis })
      const two = yield* RedisCacheInvalidation.make(server.url, { redis })
      let [heard, isConnected, last] = [0, false, ""]
      yield* two.listen((signal) => {
        isConnected = signal._tag !== "Disconnected"
        if (signal._tag === "Missed") heard++
        if (signal._tag !== "Changed") return
        heard += signal.keys.length
        last = signal.keys.at(-1) ?? last
      })
      yield* eventually(() => isConnected)
      const before = process.memoryUsage().rss
      for (let round = 0; round < 100; round++) {
        for (let index = 0; index < 5_000; index++) one.publish(`${"x".repeat(100)} ${round} ${index}`)
        yield* Effect.sleep(5)
      }
      // What lags so far behind that it is told as "everything" names no keys: the channel has to come back from that.
      yield* eventually(() => {
        one.publish("the end")
        return last === "the end"
      })
      expect(heard).toBeGreaterThan(1)
      expect(process.memoryUsage().rss - before).toBeLessThan(192 * 1024 * 1024)
    }),
  )

  it.live("refuses options that can't be used, without showing a password", () =>
    Effect.gen(function* () {
      const problems = yield* Effect.all([
        Effect.flip(RedisCacheInvalidation.make("redis://:secret@host:1/x")),
        Effect.flip(RedisCacheInvalidation.make("redis://host", { channel: "" })),
        Effect.flip(RedisCacheInvalidation.make("redis://host", { heartbeatMillis: 0 })),
      ])
      expect(problems.map(({ argument }) => argument)).toEqual(["url", "channel", "heartbeatMillis"])
      expect(JSON.stringify(problems)).not.toContain("secret")
    }),
  )
})

describe("a channel over a Redis Cluster", () => {
  it.live("reaches clients at other nodes, and moves on where its node goes away", () =>
    Effect.gen(function* () {
      const cluster = yield* RedisClusterServers.make()
      const nodes = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`)
      const joinAt = Effect.fnUntraced(function* (index: number) {
        const instance = instanceAt(cluster.nodes[index]?.url ?? "", { cluster: true, nodes })
        const registry = ClusterRegistry.of({ findInstance: () => Effect.succeed(Option.some(instance)) })
        const channel = yield* Effect.provideService(
          RedisCacheInvalidation.makeOnInstance("channel", { redis }),
          ClusterRegistry,
          registry,
        )
        const signals: Array<InvalidationSignal> = []
        yield* channel.listen((signal) => signals.push(signal))
        yield* eventually(() => tagsOf(signals).includes("Connected"))
        return { channel, signals }
      })
      const [one, two] = [yield* joinAt(0), yield* joinAt(1)]
      one.channel.publish("k")
      yield* eventually(() => keysOf(two.signals).includes("k"))
      yield* cluster.nodes[1]?.kill ?? Effect.void
      yield* eventually(() => tagsOf(two.signals).filter((tag) => tag === "Connected").length === 2)
      one.channel.publish("after")
      yield* eventually(() => keysOf(two.signals).includes("after"))
    }),
  )
})
