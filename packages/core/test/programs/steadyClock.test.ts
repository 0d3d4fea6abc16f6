/** What is believed for a bounded time while the machine's clock is set back. */
import { describe, expect, it } from "@effect/vitest"
import { FrameDBPrograms, FramedbId, ObjectKey, Routes } from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { steadyNow } from "../../src/programs/steadyClock.ts"

const hour = 3_600_000

/** A clock that can be set. */
const settable = Effect.map(Clock.Clock, (real) => {
  let now = 10 * hour
  const clock: Clock.Clock = {
    ...real,
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    sleep: (duration) => real.sleep(duration),
  }
  const add = (millis: number) =>
    Effect.sync(() => {
      now += millis
    })
  return { clock, add }
})

const ports = Layer.mergeAll(
  MemoryClusterRegistry.layer(),
  MemoryObjectRouting.layer(),
  MemoryRedisBackend.layer(),
  MemoryStreamRouting.layer(),
  MemoryTiDBBackend.layer(),
  NoObjectCache.layer(),
)

describe("a steady clock", () => {
  it.effect("goes on from where it was looked at last when its clock is set back, and forward with it", () =>
    Effect.gen(function* () {
      const { clock, add } = yield* settable
      const now = steadyNow(clock)
      const start = now()
      yield* add(5)
      expect(now()).toBe(start + 5)
      for (const back of [1, hour]) {
        const before = now()
        yield* add(-back)
        expect(now()).toBe(before)
        yield* add(7)
        expect(now()).toBe(before + 7)
      }
      yield* add(2 * hour)
      expect(now()).toBe(start + 5 + 14 + 2 * hour)
    }),
  )
})

describe("a remembered route", () => {
  it.live("is believed no longer than it may be where the clock is set back", () =>
    Effect.gen(function* () {
      const { clock, add } = yield* settable
      const programs = FrameDBPrograms.layer({ routeCacheMillis: 30_000 })
      const context = yield* Layer.build(Layer.provide(programs, ports)).pipe(Effect.provideService(Clock.Clock, clock))
      yield* Effect.gen(function* () {
        const routes = yield* Routes
        const key = ObjectKey.make("k")
        yield* routes.register({
          key,
          framedbId: FramedbId.make("redis-1"),
          type: "in-memory",
          copies: [],
          sizeBytes: 1,
          metadata: {},
        })
        yield* add(-hour)
        expect(routes.peek(key)).toBeDefined()
        yield* add(29_999)
        expect(routes.peek(key)).toBeDefined()
        yield* add(1)
        expect(routes.peek(key)).toBeUndefined()
      }).pipe(Effect.provide(context))
    }).pipe(Effect.scoped),
  )
})
