import { describe, expect, it } from "@effect/vitest"
import type { BackendError, ObjectStore } from "@framedb/core"
import { RedisLive, type RedisOptions } from "@framedb/redis"
import { RedisClusterServers, RedisSentinelServers, RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { ask } from "./ask.ts"
import { bytesOf, instanceAt, keyOf } from "./instanceAt.ts"

const entry = { key: keyOf("k"), data: bytesOf("v") }
const keys = Array.from({ length: 24 }, (_, index) => keyOf(`key ${index}`))

const timed = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const begun = performance.now()
  const result = yield* effect
  return { result, millis: performance.now() - begun }
})

/** Repeats what fails until it succeeds, and gives up after ten seconds. */
const eventually = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.retry(Schedule.spaced(20)), Effect.timeout("10 seconds"), Effect.orDie)

const openAt = Effect.fnUntraced(function* (url: string, options: RedisOptions = {}) {
  return yield* RedisLive.make(options).open(instanceAt(url))
})

/** How many connections a server has ever taken. */
const received = (info: string): number => Number(/total_connections_received:(\d+)/.exec(info)?.[1])

/** Reads without end, and gives the error that ends it. */
const readUntilFailure = (objects: ObjectStore): Effect.Effect<BackendError> =>
  Effect.flip(Effect.forever(objects.getMany(keys)))

describe("a server that is killed", () => {
  it.live("fails what is under way in bounded time, and what comes next at once; when it is back, so are we", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ appendOnly: true })
      const { objects, ping } = yield* openAt(server.url)
      yield* objects.setMany([entry])
      const readers = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 8 }, () => readUntilFailure(objects)),
          { concurrency: "unbounded" },
        ),
      )
      yield* Effect.sleep(50)
      yield* server.kill
      const { result: errors, millis } = yield* timed(Fiber.join(readers))
      expect(millis).toBeLessThan(500)
      for (const error of errors) expect(error).toMatchObject({ operation: "getMany", reason: { _tag: "Unavailable" } })

      yield* Effect.sleep(100)
      const down = yield* timed(Effect.flip(objects.setMany([entry])))
      expect(down.result).toMatchObject({ maybeApplied: false, reason: { _tag: "Unavailable", code: "ECONNREFUSED" } })
      expect(down.millis).toBeLessThan(50)

      yield* server.restart
      yield* eventually(ping)
      expect(yield* objects.getMany([entry.key])).toMatchObject([{ value: entry.data }])
      expect(yield* objects.deleteManyIfEqual([entry])).toEqual([true])
    }),
  )

  it.live("three times in a row is survived three times", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects } = yield* openAt(server.url)
      for (let count = 0; count < 3; count++) {
        yield* server.kill
        yield* Effect.sleep(30)
        yield* server.restart
        yield* eventually(objects.setMany([entry]))
      }
    }),
  )

  it.live("and comes back with another password is Unauthorized, then recovers with the right one", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects } = yield* openAt(server.url, { maxReconnectDelayMillis: 50 })
      const withPassword = `redis://:changed@127.0.0.1:${server.port}`
      yield* ask(server.url, (client) => client.config("SET", "requirepass", "changed"))
      yield* ask(withPassword, (client) => client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
      // The first attempt to connect again is what finds out.
      const refused = Effect.flatMap(Effect.flip(objects.setMany([entry])), (error) =>
        error._tag === "BackendError" && error.reason._tag === "Unauthorized"
          ? Effect.succeed(error)
          : Effect.fail(error),
      )
      expect(yield* eventually(refused)).toMatchObject({ maybeApplied: false })
      yield* ask(withPassword, (client) => client.config("SET", "requirepass", ""))
      yield* eventually(objects.setMany([entry]))
    }),
  )
})

describe("a server that is frozen", () => {
  it.live("costs the deadline once, then nothing until it answers again", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects, ping } = yield* openAt(server.url, { commandTimeoutMillis: 200, connectTimeoutMillis: 300 })
      yield* server.pause
      const { result, millis } = yield* timed(
        Effect.all([Effect.flip(objects.setMany([entry])), Effect.flip(objects.getMany([entry.key]))], {
          concurrency: "unbounded",
        }),
      )
      const [write, read] = result
      expect(write).toMatchObject({ maybeApplied: true, reason: { _tag: "Timeout" } })
      expect(read).toMatchObject({ maybeApplied: false, reason: { _tag: "Timeout" } })
      expect(millis).toBeGreaterThan(190)
      expect(millis).toBeLessThan(600)
      yield* Effect.sleep(150)
      expect((yield* timed(Effect.flip(objects.getMany([entry.key])))).millis).toBeLessThan(100)
      yield* server.resume
      yield* eventually(ping)
    }),
  )

  it.live("does not hold on to what is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects, ping } = yield* openAt(server.url)
      yield* server.pause
      const fiber = yield* Effect.forkChild(objects.getMany([entry.key]))
      yield* Effect.sleep(20)
      expect((yield* timed(Fiber.interrupt(fiber))).millis).toBeLessThan(50)
      yield* server.resume
      yield* ping
      expect(yield* objects.getMany([entry.key])).toMatchObject([{ _tag: "None" }])
    }),
  )
})

describe("a process that is busy with itself", () => {
  it.live("for longer than the deadline does not take an answer that is there for none", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects } = yield* openAt(server.url, { commandTimeoutMillis: 50 })
      yield* objects.setMany([entry])
      const reader = yield* Effect.forkChild(objects.getMany([entry.key]), { startImmediately: true })
      const until = performance.now() + 200
      while (performance.now() < until);
      expect(yield* Fiber.join(reader)).toMatchObject([{ value: entry.data }])
    }),
  )
})

describe("a server that refuses", () => {
  it.live("for want of memory has written nothing of the batch", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ args: ["--maxmemory", "8mb", "--maxmemory-policy", "noeviction"] })
      const { objects } = yield* openAt(server.url)
      const large = keys.map((key) => ({ key, data: new Uint8Array(1024 * 1024) }))
      yield* objects.setMany(large.slice(0, 2))
      const error = yield* Effect.flip(objects.setMany(large.slice(8)))
      expect(error).toMatchObject({ maybeApplied: false, reason: { _tag: "Rejected", code: "OOM" } })
      const sizes = yield* objects.sizeMany(keys.slice(8))
      expect(sizes.every(({ _tag }) => _tag === "None")).toBe(true)
    }),
  )

  it.live("writes since a failover is Overloaded, and is connected to anew", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects } = yield* openAt(server.url)
      yield* ask(server.url, (client) => client.replicaof("127.0.0.1", 1))
      const connections = () => ask(server.url, (client) => client.info("stats")).pipe(Effect.map(received))
      const before = yield* connections()
      const error = yield* Effect.flip(objects.setMany([entry]))
      expect(error).toMatchObject({ maybeApplied: false, reason: { _tag: "Overloaded", code: "READONLY" } })
      yield* eventually(objects.getMany(keys))
      expect((yield* connections()) - before).toBe(2)
      yield* ask(server.url, (client) => client.replicaof("NO", "ONE"))
      yield* eventually(objects.setMany([entry]))
    }),
  )

  it.live("this user a command is Unauthorized", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      yield* ask(server.url, (client) => client.acl("SETUSER", "reader", "on", ">pw", "~*", "+get", "+mget", "+ping"))
      const { objects } = yield* openAt(`redis://reader:pw@127.0.0.1:${server.port}`)
      yield* objects.getMany(keys)
      const error = yield* Effect.flip(objects.setMany([entry]))
      expect(error).toMatchObject({ maybeApplied: false, reason: { _tag: "Unauthorized", code: "NOPERM" } })
    }),
  )
})

describe("a key that holds a queue", () => {
  it.live("holds no object that could be read, and says so where an object would take its place", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { objects } = yield* openAt(server.url)
      const queue = keyOf("queue")
      yield* ask(server.url, (client) => client.lpush(queue, "message"))
      yield* objects.setMany([entry])
      const none = { _tag: "None" }
      expect(yield* objects.getMany([queue])).toMatchObject([none])
      expect(yield* objects.getMany([queue, entry.key])).toMatchObject([none, { value: entry.data }])
      const refused = { _tag: "BackendError", reason: { _tag: "Rejected", code: "WRONGTYPE" } }
      expect(yield* Effect.flip(objects.sizeMany([entry.key, queue]))).toMatchObject(refused)
      const asked = { key: queue, data: bytesOf("message") }
      expect(yield* objects.deleteManyIfEqual([asked])).toEqual([false])
      expect(yield* objects.deleteManyIfEqual([asked, entry])).toEqual([false, true])
      expect(yield* ask(server.url, (client) => client.llen(queue))).toBe(1)
    }),
  )
})

describe("behind sentinels", () => {
  it.live("a failover leads to the new master", () =>
    Effect.gen(function* () {
      const { masterName, sentinels, master, replica } = yield* RedisSentinelServers.make()
      const nodes = sentinels.map(({ port }) => `127.0.0.1:${port}`)
      const metadata = { sentinel: { name: masterName, sentinels: nodes } }
      const { objects } = yield* RedisLive.make().open(instanceAt("redis://sentinels", metadata))
      yield* objects.setMany([entry])
      yield* master.kill
      const error = yield* Effect.flip(Effect.forever(objects.setMany([entry])))
      expect(error).toMatchObject({ reason: { _tag: "Unavailable" } })
      yield* eventually(objects.setMany([{ key: entry.key, data: bytesOf("after") }]))
      expect(yield* ask(replica.url, (client) => client.get(entry.key))).toBe("after")
    }),
  )
})

describe("a cluster", () => {
  it.live("with a frozen node is out of time for that node's keys, and recovers", () =>
    Effect.gen(function* () {
      const { url, nodes } = yield* RedisClusterServers.make()
      const options = { commandTimeoutMillis: 300, connectTimeoutMillis: 500 }
      const { objects } = yield* RedisLive.make(options).open(instanceAt(url, { cluster: true }))
      const entries = keys.map((key) => ({ key, data: bytesOf(key) }))
      yield* objects.setMany(entries)
      const [, frozen] = nodes
      if (frozen === undefined) throw new Error("a cluster has more than one node")
      yield* frozen.pause
      const { result: error, millis } = yield* timed(Effect.flip(objects.setMany(entries)))
      expect(error).toMatchObject({ maybeApplied: true, reason: { _tag: "Timeout" } })
      expect(millis).toBeLessThan(1_000)
      yield* frozen.resume
      yield* eventually(objects.setMany(entries))
      expect(yield* objects.getMany(keys)).toMatchObject(entries.map(({ data }) => ({ value: data })))
    }),
  )

  it.live("that loses a node fails for that node's keys in bounded time, and recovers", () =>
    Effect.gen(function* () {
      const { url, nodes } = yield* RedisClusterServers.make()
      const backend = RedisLive.make({ commandTimeoutMillis: 1_000 })
      const { objects, ping } = yield* backend.open(instanceAt(url, { cluster: true }))
      const entries = keys.map((key) => ({ key, data: bytesOf(key) }))
      yield* objects.setMany(entries)
      const [, lost] = nodes
      if (lost === undefined) throw new Error("a cluster has more than one node")
      yield* lost.kill
      const { result: error, millis } = yield* timed(Effect.flip(Effect.forever(objects.setMany(entries))))
      expect(error).toMatchObject({ _tag: "BackendError", maybeApplied: true, isRetryable: true })
      expect(millis).toBeLessThan(2_000)
      yield* lost.restart
      yield* eventually(objects.setMany(entries))
      yield* ping
      expect(yield* objects.getMany(keys)).toMatchObject(entries.map(({ data }) => ({ value: data })))
    }),
  )
})
