import { expect, it } from "@effect/vitest"
import { ObjectNotFound } from "@framedb/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { describe } from "vitest"
import { type BulkProgress, bulk, report } from "../../src/programs/bulk/Bulk.ts"

const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `key/${index}`)
const done = (sizeBytes: number) => Effect.succeed({ status: "succeeded" as const, sizeBytes })

/** Counts what is under way, and the most that ever was. */
const makeGauge = () => {
  const gauge = { now: 0, most: 0 }
  const during =
    (amount: number) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          gauge.now += amount
          gauge.most = Math.max(gauge.most, gauge.now)
        }),
        () => effect,
        () =>
          Effect.sync(() => {
            gauge.now -= amount
          }),
      )
  return { gauge, during }
}

describe("bulk work", () => {
  it.effect("reports every key once, with totals, and the time it took", () =>
    Effect.gen(function* () {
      const work = (key: string) => {
        if (key.endsWith("3")) return Effect.fail(new ObjectNotFound({ key }))
        const status = key.endsWith("4") ? ("skipped" as const) : ("succeeded" as const)
        return Effect.delay(Effect.succeed({ status, sizeBytes: 10 }), "1 second")
      }
      const fiber = yield* Effect.forkChild(report(bulk([...keysOf(10), ""], work, { concurrency: 2 })))
      yield* TestClock.adjust("1 minute")
      const reported = yield* Fiber.join(fiber)
      expect(reported).toMatchObject({ succeeded: 8, skipped: 1, failed: 2, bytes: 80 })
      expect(reported.results.map((result) => result.key).sort()).toEqual([...keysOf(10), ""].sort())
      expect(reported.durationMillis).toBeGreaterThanOrEqual(5_000)
      const failures = reported.results.flatMap((result) => (result.status === "failed" ? [result.error._tag] : []))
      expect(failures.sort()).toEqual(["InvalidArgument", "ObjectNotFound"])
    }),
  )

  it.effect("works on no more keys at once than it may", () =>
    Effect.gen(function* () {
      const { during, gauge } = makeGauge()
      yield* report(bulk(keysOf(50), () => during(1)(Effect.andThen(Effect.yieldNow, done(1))), { concurrency: 7 }))
      expect(gauge.most).toBe(7)
    }),
  )

  it.effect("holds no more bytes at once than it may, and a larger object alone", () =>
    Effect.gen(function* () {
      const { during, gauge } = makeGauge()
      const sizes = [10, 60, 50, 40, 30, 250, 5, 70, 100, 20]
      yield* report(
        bulk(
          keysOf(sizes.length),
          (key, budget) => {
            const size = sizes[Number(key.slice(4))] ?? 0
            return budget.holding(size)(during(size)(Effect.andThen(Effect.yieldNow, done(size))))
          },
          { concurrency: 10, bytesInFlight: 100 },
        ),
      )
      expect(gauge.most).toBe(250)
      expect(gauge.now).toBe(0)
    }),
  )

  it.effect("takes keys from a Stream as it comes to them, and never reads far ahead", () =>
    Effect.gen(function* () {
      let read = 0
      const keys = Stream.map(Stream.rechunk(Stream.fromIterable(keysOf(1_000)), 1), (key) => {
        read++
        return key
      })
      const hold = yield* Deferred.make<void>()
      const work = () => Effect.andThen(Deferred.await(hold), done(1))
      const fiber = yield* Effect.forkChild(report(bulk(keys, work, { concurrency: 4 })))
      for (let turn = 0; turn < 50; turn++) yield* Effect.yieldNow
      expect(read).toBeLessThan(50)
      yield* Deferred.succeed(hold, undefined)
      expect(yield* Fiber.join(fiber)).toMatchObject({ succeeded: 1_000 })
    }),
  )

  it.effect("stops all work under way when it is interrupted", () =>
    Effect.gen(function* () {
      const { during, gauge } = makeGauge()
      const fiber = yield* Effect.forkChild(
        report(bulk(keysOf(100), () => during(1)(Effect.never), { concurrency: 8 })),
      )
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      expect(gauge.now).toBe(8)
      yield* Fiber.interrupt(fiber)
      expect(gauge.now).toBe(0)
    }),
  )

  it.effect("tells of each key as it ends", () =>
    Effect.gen(function* () {
      const told: Array<BulkProgress<never>["totals"]["succeeded"]> = []
      yield* report(
        bulk(keysOf(20), () => done(1)),
        (progress) =>
          Effect.sync(() => {
            told.push(progress.totals.succeeded)
          }),
      )
      expect(told).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    }),
  )

  it.effect("fails where the keys themselves do", () =>
    Effect.gen(function* () {
      const keys = Stream.concat(Stream.fromIterable(keysOf(3)), Stream.fail("no more keys" as const))
      expect(yield* Effect.flip(report(bulk(keys, () => done(1))))).toBe("no more keys")
    }),
  )
})
