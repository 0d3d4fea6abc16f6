import { assert, describe, it } from "@effect/vitest"
import { FrameDB, FrameDBPrograms, FramedbId, type ObjectConnection, RedisBackend } from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { bytesOf, connect, keyOf } from "../large/cluster.ts"

const r = { framedbId: FramedbId.make("r"), type: "in-memory" } as const
const copy = { framedbId: FramedbId.make("c"), type: "in-memory" } as const
const inlineBytes = 1000

const portsWith = (limit: number) =>
  Layer.build(
    Layer.mergeAll(
      MemoryClusterRegistry.layer(),
      MemoryObjectRouting.layer(),
      MemoryStreamRouting.layer(),
      MemoryRedisBackend.layer({ limits: { inlineBytes: limit }, chunkLimits: { chunkBytes: 300, maxChunks: 100 } }),
      MemoryTiDBBackend.layer(),
      NoObjectCache.layer(),
    ),
  )

const openOn = (ports: Effect.Success<ReturnType<typeof portsWith>>) =>
  Effect.map(
    Layer.build(
      Layer.fresh(FrameDBPrograms.layer({ retryDelayMillis: 0 })).pipe(Layer.provide(Layer.succeedContext(ports))),
    ),
    (services) => Context.get(services, FrameDB),
  )

/** Two clients of one cluster, each with routes of its own to remember. */
const twoClients = Effect.gen(function* () {
  const ports = yield* portsWith(inlineBytes)
  const open = openOn(ports)
  const connection: ObjectConnection = yield* connect("c", "in-memory").pipe(Effect.provide(ports))
  const copied = (key: string) => Effect.map(connection.objects.getMany([keyOf(key)]), ([data]) => data)
  return { one: yield* open, other: yield* open, copied, redis: Context.get(ports, RedisBackend) }
})

/** Lets time pass in small steps, and whatever can go on meanwhile. */
const pass = (millis: number) =>
  Effect.repeat(Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 50 }), TestClock.adjust(10)), {
    times: millis / 10 - 1,
  })

const finish = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.andThen(Effect.repeat(pass(100), { until: () => fiber.pollUnsafe() !== undefined }), Fiber.join(fiber))

/** Begins, does something else half a second later, and goes on to the end. */
const run = <A, E>(making: Effect.Effect<A, E>, meanwhile: Effect.Effect<unknown, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(making)
    yield* pass(500)
    yield* meanwhile
    return yield* finish(fiber)
  })

describe("a copy that another client does not see yet", () => {
  it.effect("is made anew where that client overwrites the object meanwhile, and followed by it from then on", () =>
    Effect.gen(function* () {
      const { one, other, copied } = yield* twoClients
      yield* other.setObject({ key: "k", data: bytesOf(10, 1), ...r })
      const overwrite = (seed: number) => other.setObject({ key: "k", data: bytesOf(10, seed), ...r })
      const made = yield* run(one.createBackup("k", "c", "in-memory"), overwrite(2))
      assert.deepStrictEqual(made.copies, [copy])
      assert.deepStrictEqual(yield* copied("k"), Option.some(bytesOf(10, 2)))
      assert.deepStrictEqual((yield* other.statObject("k")).copies, [copy])
      yield* overwrite(3)
      assert.deepStrictEqual(yield* copied("k"), Option.some(bytesOf(10, 3)))
    }).pipe(Effect.scoped),
  )

  it.effect("is not called made before every client sees it", () =>
    Effect.gen(function* () {
      const { one } = yield* twoClients
      yield* one.setObject({ key: "k", data: bytesOf(10), ...r })
      const begunAt = yield* Clock.currentTimeMillis
      yield* finish(yield* Effect.forkChild(one.createBackup("k", "c", "in-memory")))
      assert.isAtLeast((yield* Clock.currentTimeMillis) - begunAt, 1000)
      // There already: nobody is waited for.
      yield* one.createBackup("k", "c", "in-memory")
    }).pipe(Effect.scoped),
  )

  it.effect("is made anew in bulk too, small and large, and all of them are waited for together", () =>
    Effect.gen(function* () {
      const { one, other, copied } = yield* twoClients
      const keys = Array.from({ length: 600 }, (_, index) => `k${index}`)
      const sizeOf = (index: number) => (index % 100 === 0 ? inlineBytes + 500 : 10)
      const overwrite = (seed: number, every: number) =>
        Effect.forEach(keys, (key, index) =>
          index % every === 0 ? other.setObject({ key, data: bytesOf(sizeOf(index), seed), ...r }) : Effect.void,
        )
      yield* overwrite(1, 1)
      const report = yield* run(one.createBulkBackup(keys, "c", { targetType: "in-memory" }), overwrite(2, 50))
      assert.deepStrictEqual([report.succeeded, report.failed], [600, 0])
      for (const [index, key] of keys.entries()) {
        const data = bytesOf(sizeOf(index), index % 50 === 0 ? 2 : 1)
        if (sizeOf(index) <= inlineBytes) assert.deepStrictEqual(yield* copied(key), Option.some(data))
        assert.deepStrictEqual((yield* one.statObject(key)).copies, [copy])
      }
      const unchanged = yield* run(one.createBulkBackup(keys, "c", { targetType: "in-memory" }), Effect.void)
      assert.deepStrictEqual([unchanged.skipped, unchanged.failed], [600, 0])
    }).pipe(Effect.scoped),
  )

  it.effect("is made of an object in chunks that would be plain today, since the limit has been raised", () =>
    Effect.gen(function* () {
      const ports = yield* portsWith(10 * inlineBytes)
      const { open } = Context.get(ports, RedisBackend)
      const before = RedisBackend.of({
        open: (instance) =>
          Effect.map(open(instance), (connection) => {
            const limits = { ...connection.objects.limits, inlineBytes }
            return { ...connection, objects: Object.create(connection.objects, { limits: { value: limits } }) }
          }),
      })
      const old = yield* openOn(Context.add(ports, RedisBackend, before))
      const now = yield* openOn(ports)
      const keys = ["k0", "k1"]
      for (const key of keys) yield* old.setObject({ key, data: bytesOf(inlineBytes + 500), ...r })
      const { objects }: ObjectConnection = yield* connect("r", "in-memory").pipe(Effect.provide(ports))
      assert.deepStrictEqual(yield* objects.getMany(keys.map(keyOf)), [Option.none(), Option.none()])
      const made = yield* finish(yield* Effect.forkChild(now.createBackup("k0", "c", "in-memory")))
      assert.deepStrictEqual(made.copies, [copy])
      const bulk = now.createBulkBackup(keys, "c", { targetType: "in-memory" })
      const report = yield* finish(yield* Effect.forkChild(bulk))
      assert.deepStrictEqual([report.succeeded, report.skipped, report.failed], [1, 1, 0])
    }).pipe(Effect.scoped),
  )
})
