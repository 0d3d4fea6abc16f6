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

describe("a write whose caller has gone", () => {
  it.effect("goes on once it is sent, and what is asked next comes after it", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const cluster = makeCluster()
      const { db } = yield* openClient(cluster, { decide: plan.decide })
      for (const next of ["set", "delete"] as const) {
        const goOn = yield* Deferred.make<void>()
        plan.add({ method: "register", key: next }, { _tag: "HoldRequest", until: Deferred.await(goOn) })
        const first = yield* Effect.forkChild(db.setObject({ key: next, data, ...places.memory }), {
          startImmediately: true,
        })
        yield* settle
        yield* Fiber.interrupt(first)
        const asked =
          next === "set"
            ? Effect.asVoid(db.setObject({ key: next, data: Uint8Array.of(9), ...places.storage }))
            : Effect.asVoid(db.deleteObject(next))
        const second = yield* Effect.forkChild(asked, { startImmediately: true })
        yield* settle
        assert.isUndefined(second.pollUnsafe())
        yield* Deferred.succeed(goOn, undefined)
        yield* Fiber.join(second)
        assert.isUndefined(yield* storedAt(cluster, places.memory, next))
        const [route] = yield* cluster.objects.findMany([ObjectKey.make(next)])
        const place = Option.map(route ?? Option.none(), ({ framedbId }) => framedbId)
        assert.deepStrictEqual(place, next === "set" ? Option.some(FramedbId.make("s1")) : Option.none())
      }
    }),
  )

  it.effect("leaves no bytes without a route, in whatever step it was left", () =>
    Effect.gen(function* () {
      const goOn = yield* Deferred.make<void>()
      const { cluster } = countingCluster(Deferred.await(goOn))
      const { db } = yield* openClient(cluster)
      const objects = newObjects(600)
      const fiber = yield* Effect.forkChild(
        Effect.forEach(objects, (object) => db.setObject(object), { concurrency: "unbounded" }),
        { startImmediately: true },
      )
      yield* settle
      yield* Fiber.interrupt(fiber)
      yield* Deferred.succeed(goOn, undefined)
      yield* settle
      for (const { key } of objects) {
        const isStored = (yield* storedAt(cluster, places.memory, key)) !== undefined
        const [route] = yield* cluster.objects.findMany([ObjectKey.make(key)])
        assert.strictEqual(Option.isSome(route ?? Option.none()), isStored, key)
      }
    }),
  )
})
