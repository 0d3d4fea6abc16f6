// An application tested without a server: the in-memory layers behave as the real ones, and time is the test's own.
import { assert, describe, it } from "@effect/vitest"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { FrameDB, FrameDBMemory } from "framedb"
import * as Cameras from "./cameras/Cameras.ts"

/** The application over a FrameDB of its own for each test. The test may look into FrameDB, too. */
const application = Cameras.layer.pipe(Layer.provideMerge(FrameDBMemory.layer()))

const picture = { camera: "gate", takenAt: new Date(0), pixels: Uint8Array.of(1, 2, 3) }

describe("the cameras", () => {
  it.effect("give back the picture that was saved last", () =>
    Effect.gen(function* () {
      const cameras = yield* Cameras.Cameras
      yield* cameras.save({ ...picture, pixels: Uint8Array.of(9) })
      yield* cameras.save(picture)
      assert.deepStrictEqual(yield* cameras.latest("gate"), picture)
    }).pipe(Effect.provide(application)),
  )

  it.effect("say in their own words that there is no picture", () =>
    Effect.gen(function* () {
      const cameras = yield* Cameras.Cameras
      const error = yield* Effect.flip(cameras.latest("garden"))
      assert.deepStrictEqual(error, new Cameras.NoPicture({ camera: "garden" }))
    }).pipe(Effect.provide(application)),
  )

  it.effect("say whether it makes sense to try later when Redis fails", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      // Time stands still in a test, and with it the pauses before a call is repeated.
      const failing = Layer.provide(Cameras.layer, faults.memoryLayer(plan.decide, { retries: 0 }))
      yield* Effect.gen(function* () {
        const cameras = yield* Cameras.Cameras
        yield* cameras.save(picture)
        for (const [reason, isTemporary] of [
          ["Unavailable", true],
          ["Unauthorized", false],
        ] as const) {
          plan.clear()
          plan.add({ backend: "redis", method: "getMany", times: Number.POSITIVE_INFINITY }, { _tag: "Refuse", reason })
          const error = yield* Effect.flip(cameras.latest("gate"))
          assert.deepStrictEqual(error, new Cameras.CamerasUnavailable({ isTemporary }))
        }
        plan.clear()
        assert.deepStrictEqual(yield* cameras.latest("gate"), picture)
      }).pipe(Effect.provide(failing))
    }),
  )

  it.effect("leave an object that every other client can read", () =>
    Effect.gen(function* () {
      const cameras = yield* Cameras.Cameras
      yield* cameras.save(picture)
      const db = yield* FrameDB
      const { content, value } = yield* db.getValue("cameras/gate/latest")
      assert.strictEqual(content.contentType, "application/json")
      assert.deepStrictEqual(value, { camera: "gate", takenAt: "1970-01-01T00:00:00.000Z", pixels: "AQID" })
    }).pipe(Effect.provide(application)),
  )

  it.effect("give an alert to someone else when the first worker is stuck for thirty seconds", () =>
    Effect.gen(function* () {
      const cameras = yield* Cameras.Cameras
      yield* cameras.raise("gate", "somebody rings")
      const isTaken = yield* Deferred.make<void>()
      const getStuck = () => Effect.andThen(Deferred.succeed(isTaken, undefined), Effect.never)
      // Acknowledging by hand, this worker keeps nothing longer than the queue's visibility timeout.
      yield* Effect.forkScoped(Stream.runDrain(cameras.handleAlerts(getStuck, { ack: "manual" })))
      yield* Deferred.await(isTaken)

      const second = yield* cameras
        .handleAlerts(() => Effect.void)
        .pipe(Stream.take(1), Stream.runCollect, Effect.forkScoped)
      yield* TestClock.adjust("31 seconds")
      const alerts = yield* Fiber.join(second)
      assert.deepStrictEqual(alerts, [{ camera: "gate", words: "somebody rings", attempts: 2 }])
    }).pipe(Effect.scoped, Effect.provide(application)),
  )
})
