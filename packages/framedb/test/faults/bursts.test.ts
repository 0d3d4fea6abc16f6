/** Many new objects at once: their registrations share batches, wait for a bounded time, and count once they are sent. */
import { assert, describe, it } from "@effect/vitest"
import { FramedbId, ObjectKey, ObjectRouting } from "@framedb/core"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { makeCluster, openClient, passing, places, settle, storedAt } from "./cluster.ts"

const data = Uint8Array.of(1, 2, 3)
const newObjects = (count: number, start = 0) =>
  Array.from({ length: count }, (_, index) => ({ key: `new-${start + index}`, data, ...places.memory }))

/** A cluster whose batches of registrations are counted, and wait until they may go on. */
const countingCluster = (until: Effect.Effect<void> = Effect.void) => {
  const cluster = makeCluster()
  const batches: Array<number> = []
  const objects = ObjectRouting.of({
    ...cluster.objects,
    registerMany: (routes) =>
      Effect.suspend(() => {
        batches.push(routes.length)
        return Effect.andThen(until, cluster.objects.registerMany(routes))
      }),
  })
  return { cluster: { ...cluster, objects }, batches }
}

describe("a burst of new objects", () => {
  it.live("is registered in about as many calls as there are batches", () =>
    Effect.gen(function* () {
      // A round trip, in which the next batch grows.
      const { cluster, batches } = countingCluster(Effect.sleep(5))
      const { db } = yield* openClient(cluster)
      const objects = newObjects(5_000)
      yield* Effect.forEach(objects, (object) => db.setObject(object), { concurrency: "unbounded" })
      assert.strictEqual(
        batches.reduce((sum, length) => sum + length, 0),
        objects.length,
      )
      assert.isAtMost(batches.length, Math.ceil(objects.length / 256) + 10)
      const found = yield* db.getObjects(objects.map(({ key }) => key))
      assert.strictEqual(found.flatMap(Option.toArray).length, objects.length)
    }),
  )

  it.effect("fails those that get no turn in time, which leave no bytes behind and say so", () =>
    Effect.gen(function* () {
      const goOn = yield* Deferred.make<void>()
      const { cluster, batches } = countingCluster(Deferred.await(goOn))
      const { db } = yield* openClient(cluster, { maxWaitMillis: 1_000, retries: 0 })
      const fibers = yield* Effect.forEach(newObjects(1_000), (object) =>
        Effect.forkChild(Effect.result(db.setObject(object)), { startImmediately: true }),
      )
      const ended = yield* passing(
        Effect.gen(function* () {
          yield* Effect.sleep(3_000)
          yield* Deferred.succeed(goOn, undefined)
          return yield* Fiber.joinAll(fibers)
        }),
      )
      const outcomes = yield* ended.exit
      const failed = outcomes.flatMap((outcome, index) =>
        Result.isFailure(outcome) ? [{ key: `new-${index}`, error: outcome.failure }] : [],
      )
      assert.strictEqual(failed.length, 1_000 - batches.reduce((sum, length) => sum + length, 0))
      assert.isAbove(failed.length, 0)
      for (const { key, error } of failed) {
        assert.deepInclude(error, {
          _tag: "BackendError",
          backend: "routing",
          operation: "register",
          maybeApplied: false,
        })
        assert.isUndefined(yield* storedAt(cluster, places.memory, key))
      }
      assert.strictEqual(yield* db.objectExists("new-0"), true)
    }),
  )

  it.effect("fails alone what fails in a batch", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const cluster = makeCluster()
      const { db } = yield* openClient(cluster, { decide: plan.decide, retries: 0 })
      plan.add({ method: "register", key: "new-1" }, { _tag: "Refuse", reason: "Rejected" })
      const { exit } = yield* passing(
        Effect.forEach(newObjects(3), (object) => Effect.result(db.setObject(object)), { concurrency: "unbounded" }),
      )
      assert.deepStrictEqual((yield* exit).map(Result.isSuccess), [true, false, true])
      assert.isUndefined(yield* storedAt(cluster, places.memory, "new-1"))
    }),
  )
})

describe("a registration whose caller has gone", () => {
  it.effect("counts while it is under way: what is written meanwhile is not taken for the last", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const cluster = makeCluster()
      const { db } = yield* openClient(cluster, { decide: plan.decide })
      const goOn = yield* Deferred.make<void>()
      plan.add({ method: "register", key: "k" }, { _tag: "HoldRequest", until: Deferred.await(goOn) })
      const first = yield* Effect.forkChild(db.setObject({ key: "k", data, ...places.memory }), {
        startImmediately: true,
      })
      yield* settle
      yield* Fiber.interrupt(first)
      yield* db.setObject({ key: "k", data: Uint8Array.of(9), ...places.storage })
      yield* Deferred.succeed(goOn, undefined)
      yield* settle
      const [route] = yield* cluster.objects.findMany([ObjectKey.make("k")])
      assert.strictEqual(Option.getOrThrow(route ?? Option.none()).framedbId, FramedbId.make("m1"))
      const found = yield* db.statObject("k")
      assert.strictEqual(found.framedbId, FramedbId.make("m1"))
      const { source } = yield* Effect.orElseSucceed(db.getObject("k"), () => ({ source: "gone" }))
      assert.notStrictEqual(source, "cache")
    }),
  )

  it.effect("is not sent where its turn had not come", () =>
    Effect.gen(function* () {
      const goOn = yield* Deferred.make<void>()
      const { cluster, batches } = countingCluster(Deferred.await(goOn))
      const { db } = yield* openClient(cluster)
      const [one, two] = yield* Effect.forEach([newObjects(600), newObjects(1, 600)], (objects) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(
            Effect.forEach(objects, (object) => db.setObject(object), { concurrency: "unbounded" }),
            { startImmediately: true },
          )
          yield* settle
          return fiber
        }),
      )
      if (one === undefined || two === undefined) return assert.fail("two bursts were begun")
      yield* Fiber.interrupt(two)
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(one)
      assert.strictEqual(
        batches.reduce((sum, length) => sum + length, 0),
        600,
      )
      assert.strictEqual(yield* db.objectExists("new-600"), false)
    }),
  )
})
