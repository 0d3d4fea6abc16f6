/** Two clients at one object: whoever comes last leaves bytes where the route says, and nowhere else. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectKey } from "@framedb/core"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { type Cluster, makeCluster, openClient, passing, places, settle, storedAt } from "./cluster.ts"

const older = Uint8Array.of(1)
const newer = Uint8Array.of(2)
const newest = Uint8Array.of(3)

/** One client whose calls can be held up, and another. */
const prepared = Effect.gen(function* () {
  const cluster = makeCluster()
  const plan = new faults.FaultPlan()
  const { db: held } = yield* openClient(cluster, { decide: plan.decide })
  const { db: other } = yield* openClient(cluster)
  const latch = yield* Deferred.make<void>()
  return { cluster, plan, held, other, until: Deferred.await(latch), release: Deferred.succeed(latch, undefined) }
})

const routeOf = Effect.fnUntraced(function* (cluster: Cluster) {
  const [route] = yield* cluster.objects.findMany([ObjectKey.make("k")])
  return Option.map(route ?? Option.none(), ({ framedbId }) => `${framedbId}`)
})

describe("an object that two clients move, set and remove", () => {
  for (const next of ["moved on", "removed"] as const) {
    it.effect(`and that was ${next} leaves nothing where an earlier mover put it`, () =>
      Effect.gen(function* () {
        const { cluster, plan, held, other, until, release } = yield* prepared
        yield* held.setObject({ key: "k", data: older, ...places.memory })
        plan.add({ method: "deleteManyIfEqual", key: "k" }, { _tag: "HoldRequest", until })
        const mover = yield* Effect.forkChild(held.setObject({ key: "k", data: newer, ...places.otherMemory }), {
          startImmediately: true,
        })
        yield* settle
        if (next === "moved on") yield* other.setObject({ key: "k", data: newest, ...places.storage })
        else yield* other.deleteObject("k")
        yield* release
        yield* Fiber.join(mover)
        assert.isUndefined(yield* storedAt(cluster, places.memory, "k"))
        assert.isUndefined(yield* storedAt(cluster, places.otherMemory, "k"))
        assert.deepStrictEqual(yield* routeOf(cluster), next === "removed" ? Option.none() : Option.some("s1"))
      }),
    )
  }

  it.effect("leaves nothing in the place to which it moved while its removal was on its way", () =>
    Effect.gen(function* () {
      const { cluster, plan, held, other, until, release } = yield* prepared
      yield* other.setObject({ key: "k", data: older, ...places.memory })
      plan.add({ method: "remove", key: "k" }, { _tag: "HoldRequest", until })
      const remover = yield* Effect.forkChild(held.deleteObject("k"), { startImmediately: true })
      yield* settle
      yield* other.setObject({ key: "k", data: newer, ...places.storage })
      yield* release
      assert.isTrue(yield* Fiber.join(remover))
      assert.deepStrictEqual(yield* routeOf(cluster), Option.none())
      assert.isUndefined(yield* storedAt(cluster, places.memory, "k"))
      assert.isUndefined(yield* storedAt(cluster, places.storage, "k"))
    }),
  )

  it.effect("leaves nothing where the answer to its removal was lost, though its route led there alone", () =>
    Effect.gen(function* () {
      const { cluster, plan, held } = yield* prepared
      yield* held.setObject({ key: "k", data: older, ...places.memory })
      plan.add({ method: "remove", key: "k" }, { _tag: "LoseAnswer", reason: "Unavailable" })
      const { exit } = yield* passing(held.deleteObject("k"))
      assert.deepStrictEqual(exit, Exit.succeed(true))
      assert.deepStrictEqual(yield* routeOf(cluster), Option.none())
      assert.isUndefined(yield* storedAt(cluster, places.memory, "k"))
    }),
  )

  it.effect("is gone with its route where it was set between the two steps of its removal", () =>
    Effect.gen(function* () {
      const { cluster, plan, held, other, until, release } = yield* prepared
      yield* held.setObject({ key: "k", data: older, ...places.memory })
      plan.add({ method: "deleteMany", key: "k" }, { _tag: "HoldRequest", until })
      const remover = yield* Effect.forkChild(held.deleteObject("k"), { startImmediately: true })
      yield* settle
      yield* other.setObject({ key: "k", data: newer, ...places.memory, metadata: { a: 1 } })
      yield* release
      assert.isTrue(yield* Fiber.join(remover))
      assert.deepStrictEqual(yield* routeOf(cluster), Option.none())
      assert.isUndefined(yield* storedAt(cluster, places.memory, "k"))
    }),
  )

  it.effect("is there whole where it was removed between the two steps of setting it", () =>
    Effect.gen(function* () {
      const { cluster, plan, held, other, until, release } = yield* prepared
      yield* other.setObject({ key: "k", data: older, ...places.memory })
      plan.add({ method: "register", key: "k" }, { _tag: "HoldRequest", until })
      const setter = yield* Effect.forkChild(held.setObject({ key: "k", data: newer, ...places.memory }), {
        startImmediately: true,
      })
      yield* settle
      assert.isTrue(yield* other.deleteObject("k"))
      yield* release
      yield* Fiber.join(setter)
      assert.deepStrictEqual(yield* routeOf(cluster), Option.some("m1"))
      assert.deepStrictEqual(yield* storedAt(cluster, places.memory, "k"), newer)
    }),
  )
})
