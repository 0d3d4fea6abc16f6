import { assert, describe, it } from "@effect/vitest"
import { MemoryCacheInvalidation } from "@framedb/core/memory"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { makeCluster, openClient, passing, places, settle } from "./cluster.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const set = (text: string) => ({ key: "k", data: bytes(text), ...places.memory })

/** Two clients of one cluster, each with a cache that is kept coherent, and what befalls the calls of the second. */
const twoClients = Effect.gen(function* () {
  const cluster = makeCluster()
  const bus = new MemoryCacheInvalidation.MemoryInvalidationBus()
  const plan = new faults.FaultPlan()
  const one = yield* openClient(cluster, { bus })
  const two = yield* openClient(cluster, { bus, decide: plan.decide })
  return { cluster, bus, plan, one: one.db, two: two.db }
})

const textAndSource = ({ data, source }: { readonly data: Uint8Array; readonly source: string }) =>
  `${source}: ${new TextDecoder().decode(data)}`

describe("clients on one channel", () => {
  it.effect("see what another has written, moved or removed, although they had it in the cache", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoClients
      yield* one.setObject(set("a"))
      yield* settle
      yield* two.getObject("k")
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "cache: a")

      yield* one.setObject(set("b"))
      yield* settle
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "primary: b")
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "cache: b")
      assert.strictEqual(textAndSource(yield* one.getObject("k")), "cache: b", "its own it may keep")

      yield* one.setObject({ ...set("c"), ...places.storage, metadata: { moved: true } })
      yield* settle
      const { framedbId, metadata } = yield* two.getObject("k")
      assert.deepStrictEqual([`${framedbId}`, metadata], ["s1", { moved: true }])

      yield* two.deleteObject("k")
      yield* settle
      assert.strictEqual((yield* Effect.flip(one.getObject("k")))._tag, "ObjectNotFound")
    }),
  )

  it.effect("never keep what a slow read brings that began before the write", () =>
    Effect.gen(function* () {
      const { one, two, plan } = yield* twoClients
      yield* one.setObject(set("old"))
      const landed = yield* Deferred.make<void>()
      plan.add({ method: "getMany" }, { _tag: "HoldAnswer", until: Deferred.await(landed) })
      const reading = yield* Effect.forkChild(two.getObject("k"), { startImmediately: true })
      yield* settle
      yield* one.setObject(set("new"))
      yield* settle
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "primary: new")
      yield* Deferred.succeed(landed, undefined)
      yield* Fiber.join(reading)
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "cache: new")
    }),
  )

  it.effect("never keep a write of their own that may have come before another's", () =>
    Effect.gen(function* () {
      const { one, two, plan } = yield* twoClients
      const registered = yield* Deferred.make<void>()
      plan.add({ backend: "routing", method: "register" }, { _tag: "HoldAnswer", until: Deferred.await(registered) })
      const writing = yield* Effect.forkChild(two.setObject(set("two")), { startImmediately: true })
      yield* settle
      yield* one.setObject(set("one"))
      yield* settle
      yield* Deferred.succeed(registered, undefined)
      yield* Fiber.join(writing)
      yield* settle
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "primary: one")
      assert.strictEqual(textAndSource(yield* one.getObject("k")), "primary: one")
    }),
  )

  it.effect("hear of a write that failed and may have been applied", () =>
    Effect.gen(function* () {
      const { one, two, plan } = yield* twoClients
      yield* two.setObject(set("a"))
      yield* settle
      yield* one.getObject("k")
      plan.add({ backend: "redis", method: "replaceMany" }, { _tag: "LoseAnswer", reason: "Timeout" })
      yield* passing(Effect.ignore(two.setObject(set("b"))))
      assert.strictEqual(textAndSource(yield* one.getObject("k")), "primary: b")
    }),
  )
})

describe("a channel that breaks", () => {
  it.effect("takes with it what it guarded, keeps nothing until it is back, and then keeps again", () =>
    Effect.gen(function* () {
      const { bus, one, two } = yield* twoClients
      yield* one.setObject(set("a"))
      yield* settle
      yield* two.getObject("k")
      bus.disconnect()
      assert.strictEqual((yield* two.cacheStats).entries, 0)
      yield* one.setObject(set("b"))
      for (const _ of [1, 2]) assert.strictEqual(textAndSource(yield* two.getObject("k")), "primary: b")
      assert.strictEqual(textAndSource(yield* one.getObject("k")), "primary: b")
      bus.connect()
      yield* settle
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "primary: b")
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "cache: b")
    }),
  )

  it.effect("keeps nothing of a read that began while it was broken", () =>
    Effect.gen(function* () {
      const { bus, plan, one, two } = yield* twoClients
      yield* one.setObject(set("old"))
      bus.disconnect()
      const landed = yield* Deferred.make<void>()
      plan.add({ method: "getMany" }, { _tag: "HoldAnswer", until: Deferred.await(landed) })
      const reading = yield* Effect.forkChild(two.getObject("k"), { startImmediately: true })
      yield* settle
      yield* one.setObject(set("new"))
      bus.connect()
      yield* Deferred.succeed(landed, undefined)
      assert.strictEqual(textAndSource(yield* Fiber.join(reading)), "primary: old")
      assert.strictEqual(textAndSource(yield* two.getObject("k")), "primary: new")
    }),
  )

  it.effect("also takes what might have been answered stale", () =>
    Effect.gen(function* () {
      const cluster = makeCluster()
      const bus = new MemoryCacheInvalidation.MemoryInvalidationBus()
      const plan = new faults.FaultPlan()
      const cache = { ttlMillis: 1_000, graceMillis: 60_000 }
      const { db } = yield* openClient(cluster, { bus, cache, decide: plan.decide })
      yield* db.setObject(set("a"))
      yield* TestClock.adjust(1_000)
      bus.disconnect()
      plan.add({ backend: "redis", times: Number.POSITIVE_INFINITY }, { _tag: "Refuse", reason: "Unavailable" })
      assert.nestedPropertyVal(yield* passing(Effect.flip(db.getObject("k"))), "exit.value.reason._tag", "Unavailable")
    }),
  )
})
