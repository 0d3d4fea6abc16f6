import { assert, describe, it } from "@effect/vitest"
import type { ObjectRoute } from "@framedb/core"
import { faults, registerRoute } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { makeCluster, openClient, passing, places, settle, storeAt, storedAt } from "./cluster.ts"

const older = Uint8Array.of(1)
const newer = Uint8Array.of(2)
const target = { key: "k", ...places.memory }

/** A client with a plan, and a latch for what the plan holds up. */
const prepared = Effect.gen(function* () {
  const cluster = makeCluster()
  const plan = new faults.FaultPlan()
  const { db, connections } = yield* openClient(cluster, { decide: plan.decide })
  const latch = yield* Deferred.make<void>()
  const until = Deferred.await(latch)
  return { cluster, plan, db, connections, until, release: Deferred.succeed(latch, undefined) }
})

const count = (plan: faults.FaultPlan, method: string) => plan.calls.filter((call) => call.method === method).length

describe("reads of one key", () => {
  it.effect("are one read of the store, however many ask at once", () =>
    Effect.gen(function* () {
      const { cluster, plan, db } = yield* prepared
      const { db: other } = yield* openClient(cluster)
      yield* other.setObject({ ...target, data: older })
      const objects = yield* Effect.all(
        Array.from({ length: 1_000 }, () => db.getObject("k")),
        { concurrency: "unbounded" },
      )
      assert.isTrue(objects.every(({ data }) => data[0] === 1))
      assert.strictEqual(count(plan, "getMany"), 1)
      assert.strictEqual(count(plan, "open"), 1)
      assert.strictEqual(count(plan, "findMany"), 1)
    }),
  )

  it.effect("go on for the others when the first who asked is interrupted, and stop when the last is", () =>
    Effect.gen(function* () {
      const { cluster, plan, db, until, release } = yield* prepared
      const { db: other } = yield* openClient(cluster)
      yield* other.setObject({ ...target, data: older })
      plan.add({ method: "open" }, { _tag: "HoldRequest", until })
      const first = yield* Effect.forkChild(db.getObject("k"))
      const second = yield* Effect.forkChild(db.getObject("k"))
      yield* settle
      yield* Fiber.interrupt(first)
      yield* release
      assert.deepStrictEqual((yield* Fiber.join(second)).data, older)
      const never = yield* Effect.forkChild(db.getObject("absent"))
      plan.add({ method: "findMany" }, { _tag: "HoldRequest", until: Effect.never })
      yield* settle
      yield* Fiber.interrupt(never)
    }),
  )
})

describe("the cache", () => {
  it.effect("never serves what a failed write wrote", () =>
    Effect.gen(function* () {
      const { cluster, plan, db } = yield* prepared
      yield* db.setObject({ ...target, data: older })
      yield* db.getObject("k")
      plan.add({ method: "replaceMany" }, { _tag: "LoseRequest", reason: "Timeout" })
      const failed = yield* passing(db.setObject({ ...target, data: newer }))
      assert.isTrue(Exit.isFailure(failed.exit))
      assert.deepStrictEqual((yield* db.getObject("k")).data, older)
      assert.deepStrictEqual(yield* storedAt(cluster, places.memory, "k"), older)
    }),
  )

  it.effect("serves what a write that lost its answer wrote, not what it kept from before", () =>
    Effect.gen(function* () {
      const { plan, db } = yield* prepared
      yield* db.setObject({ ...target, data: older })
      yield* db.getObject("k")
      plan.add({ method: "replaceMany" }, { _tag: "LoseAnswer", reason: "Timeout" })
      assert.isTrue(Exit.isFailure((yield* passing(db.setObject({ ...target, data: newer }))).exit))
      assert.deepStrictEqual((yield* db.getObject("k")).data, newer)
    }),
  )

  it.effect("is not filled by a read that began before a write ended", () =>
    Effect.gen(function* () {
      const { cluster, plan, db, until, release } = yield* prepared
      const { db: other } = yield* openClient(cluster)
      yield* other.setObject({ ...target, data: older })
      plan.add({ method: "getMany" }, { _tag: "HoldAnswer", until })
      const slow = yield* Effect.forkChild(db.getObject("k"))
      yield* settle
      yield* db.setObject({ ...target, data: newer })
      yield* release
      assert.deepStrictEqual((yield* Fiber.join(slow)).data, older)
      assert.deepStrictEqual((yield* db.getObject("k")).data, newer)
    }),
  )

  it.effect("is not filled by a read that an interrupted write overtakes later", () =>
    Effect.gen(function* () {
      const { plan, db, until, release } = yield* prepared
      yield* db.setObject({ ...target, data: older })
      plan.add({ method: "replaceMany" }, { _tag: "HoldRequest", until })
      const writing = yield* Effect.forkChild(db.setObject({ ...target, data: newer }))
      yield* settle
      yield* Fiber.interrupt(writing)
      assert.deepStrictEqual((yield* db.getObject("k")).data, older)
      yield* release
      yield* settle
      assert.deepStrictEqual((yield* db.getObject("k")).data, newer)
    }),
  )

  it.effect("gives a write that waits for its first message up when it is interrupted, and writes nothing", () =>
    Effect.gen(function* () {
      const { cluster, plan, db, until, release } = yield* prepared
      plan.add({ method: "open" }, { _tag: "HoldRequest", until })
      const writing = yield* Effect.forkChild(db.setObject({ ...target, data: newer }))
      yield* settle
      yield* Fiber.interrupt(writing)
      yield* release
      yield* settle
      assert.isUndefined(yield* storedAt(cluster, places.memory, "k"))
      assert.isFalse(yield* db.objectExists("k"))
    }),
  )
})

describe("what other clients change", () => {
  it.effect("is noticed at once where the bytes are gone, and in bounded time where only metadata changed", () =>
    Effect.gen(function* () {
      const cluster = makeCluster()
      const { db } = yield* openClient(cluster, { cacheSizeBytes: 0 })
      const { db: other } = yield* openClient(cluster)
      yield* other.setObject({ ...target, data: older })
      yield* db.getObject("k")
      // Moved.
      yield* other.setObject({ key: "k", data: newer, ...places.storage })
      assert.deepInclude(yield* db.getObject("k"), { data: newer, type: "storage" })
      // Deleted.
      yield* other.deleteObject("k")
      assert.strictEqual((yield* Effect.flip(db.getObject("k")))._tag, "ObjectNotFound")
      // Created again, elsewhere.
      yield* other.setObject({ key: "k", data: older, ...places.otherMemory })
      assert.deepStrictEqual((yield* db.getObject("k")).data, older)
      // Only its metadata.
      yield* other.setObject({ key: "k", data: older, ...places.otherMemory, metadata: { n: 1 } })
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual((yield* db.getObject("k")).metadata, { n: 1 })
    }),
  )

  it.effect("is never undone by setting an object that was deleted meanwhile, nor lost", () =>
    Effect.gen(function* () {
      const cluster = makeCluster()
      const { db } = yield* openClient(cluster)
      const { db: other } = yield* openClient(cluster)
      yield* db.setObject({ ...target, data: older })
      yield* other.deleteObject("k")
      yield* db.setObject({ ...target, data: newer })
      assert.deepStrictEqual((yield* other.getObject("k")).data, newer)
      assert.strictEqual((yield* other.statObject("k")).sizeBytes, 1)
    }),
  )

  it.effect(
    "is found where another kind of client moved the object and left its old bytes: a write moves it back",
    () =>
      Effect.gen(function* () {
        const { cluster, db } = yield* prepared
        yield* db.setObject({ ...target, data: older })
        const route = { ...places.storage, key: target.key, copies: [], sizeBytes: 1, metadata: { by: "others" } }
        yield* storeAt(cluster, places.storage, "k", older)
        // Made of ids and keys that are valid.
        yield* registerRoute(cluster.objects, route as unknown as ObjectRoute)
        yield* TestClock.adjust("1 second")
        yield* db.setObject({ ...target, data: newer })
        const { db: stranger } = yield* openClient(cluster)
        assert.deepStrictEqual((yield* stranger.getObject("k")).data, newer)
        assert.isUndefined(yield* storedAt(cluster, places.storage, "k"))
      }),
  )

  it.effect("keeps a write from being acknowledged while nobody can say whether the object has moved", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const { db } = yield* openClient(makeCluster(), { decide: plan.decide, retries: 0 })
      yield* db.setObject({ ...target, data: older })
      yield* TestClock.adjust("1 second")
      plan.add({ method: "findMany", times: 100 }, { _tag: "Refuse", reason: "Unavailable" })
      const error = yield* Effect.flip(db.setObject({ ...target, data: newer }))
      assert.deepInclude(error, { _tag: "BackendError", backend: "routing", maybeApplied: true })
    }),
  )

  it.effect("does not keep one from being acknowledged for as long as its route is believed", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const { db } = yield* openClient(makeCluster(), { decide: plan.decide, routeConfirmMillis: 30_000 })
      yield* db.setObject({ ...target, data: older })
      yield* TestClock.adjust("29 seconds")
      plan.add({ method: "findMany", times: 100 }, { _tag: "Refuse", reason: "Unavailable" })
      yield* db.setObject({ ...target, data: newer })
      assert.deepStrictEqual((yield* db.getObject("k")).data, newer)
    }),
  )
})
