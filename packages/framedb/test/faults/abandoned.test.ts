import { assert, describe, it } from "@effect/vitest"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeCluster, openClient, places, settle, storedAt } from "./cluster.ts"

const target = { key: "k", ...places.memory }

/** A client whose write of an object that is set again as it was has sent its bytes, which are on their way, and was given up. */
const givenUp = Effect.gen(function* () {
  const cluster = makeCluster()
  const plan = new faults.FaultPlan()
  const { db } = yield* openClient(cluster, { decide: plan.decide })
  yield* db.setObject({ ...target, data: Uint8Array.of(0) })
  const latch = yield* Deferred.make<void>()
  plan.add({ method: "replaceMany" }, { _tag: "HoldRequest", until: Deferred.await(latch) })
  const writing = yield* Effect.forkChild(db.setObject({ ...target, data: Uint8Array.of(1) }))
  yield* settle
  yield* Fiber.interrupt(writing)
  return { cluster, db, arrive: Deferred.succeed(latch, undefined) }
})

describe("a write that was given up after its bytes had been sent", () => {
  it.effect("is followed by the next write of its key, and never overwrites it", () =>
    Effect.gen(function* () {
      const { cluster, db, arrive } = yield* givenUp
      const next = yield* Effect.forkChild(db.setObject({ ...target, data: Uint8Array.of(2) }))
      yield* settle
      yield* arrive
      yield* settle
      yield* Fiber.join(next)
      assert.deepStrictEqual(yield* storedAt(cluster, places.memory, "k"), Uint8Array.of(2))
      assert.deepStrictEqual((yield* db.getObject("k")).data, Uint8Array.of(2))
    }),
  )

  it.effect("is followed by the removal of its key, and leaves nothing", () =>
    Effect.gen(function* () {
      const { cluster, db, arrive } = yield* givenUp
      const removing = yield* Effect.forkChild(db.deleteObject("k"))
      yield* settle
      yield* arrive
      yield* settle
      assert.isTrue(yield* Fiber.join(removing))
      assert.isUndefined(yield* storedAt(cluster, places.memory, "k"))
    }),
  )

  it.effect("holds up no write of its key that comes after its end", () =>
    Effect.gen(function* () {
      const { cluster, db, arrive } = yield* givenUp
      yield* arrive
      yield* settle
      yield* db.setObject({ ...target, data: Uint8Array.of(2) })
      assert.deepStrictEqual(yield* storedAt(cluster, places.memory, "k"), Uint8Array.of(2))
    }),
  )
})
