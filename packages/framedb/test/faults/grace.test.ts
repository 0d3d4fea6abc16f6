import { assert, describe, it } from "@effect/vitest"
import { faults } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { makeCluster, openClient, passing, places } from "./cluster.ts"

const ttlMillis = 60_000
const graceMillis = 300_000
const bytes = (text: string) => new TextEncoder().encode(text)
const always = { times: Number.POSITIVE_INFINITY }
const unavailable: faults.Fault = { _tag: "Refuse", reason: "Unavailable" }

/** A client with an object in its cache, and what befalls its ports. */
const withObject = Effect.fnUntraced(function* (grace = graceMillis) {
  const cluster = makeCluster()
  const plan = new faults.FaultPlan()
  const { db } = yield* openClient(cluster, { decide: plan.decide, cache: { ttlMillis, graceMillis: grace } })
  const other = yield* openClient(cluster)
  yield* db.setObject({ key: "k", data: bytes("old"), ...places.memory, metadata: { camera: 7 } })
  return { db, plan, other: other.db }
})

type Client = Effect.Success<ReturnType<typeof withObject>>

const read = ({ db }: Pick<Client, "db">) => passing(Effect.result(db.getObject("k")))

describe("a client with grace", () => {
  it.effect("answers an expired object, and says so, while its instance is away, and a fresh one afterwards", () =>
    Effect.gen(function* () {
      const client = yield* withObject()
      yield* TestClock.adjust(ttlMillis)
      client.plan.add({ backend: "redis", ...always }, unavailable)
      const { exit, millis } = yield* read(client)
      assert.deepInclude(exit, { _tag: "Success" })
      if (exit._tag !== "Success" || exit.value._tag !== "Success") return assert.fail("a stale object was expected")
      const { data, source, metadata } = exit.value.success
      assert.deepStrictEqual([data, source, metadata], [bytes("old"), "stale", { camera: 7 }])
      assert.isAbove(millis, 0, "it tried again first")
      data.fill(0)
      const many = yield* passing(client.db.getObjects(["k"]))
      assert.nestedPropertyVal(many, "exit.value[0].value.source", "stale")
      assert.deepNestedPropertyVal(many, "exit.value[0].value.data", bytes("old"))
      client.plan.clear()
      yield* client.other.setObject({ key: "k", data: bytes("new"), ...places.memory })
      assert.include(yield* client.db.getObject("k"), { source: "primary" })
    }),
  )

  it.effect("does so while the routing service or the registry is away", () =>
    Effect.gen(function* () {
      for (const backend of ["routing", "registry"] as const) {
        const client = yield* withObject()
        yield* TestClock.adjust(ttlMillis)
        client.plan.add({ backend, ...always }, { _tag: "Refuse", reason: "Timeout" })
        const { exit } = yield* read(client)
        assert.nestedPropertyVal(exit, "value.success.source", "stale")
      }
    }),
  )

  it.effect("fails as ever before the object was read, after the grace, and where trying again is no use", () =>
    Effect.gen(function* () {
      const client = yield* withObject()
      client.plan.add({ backend: "redis", ...always }, unavailable)
      const unknown = yield* passing(Effect.flip(client.db.getObject("never seen")))
      assert.nestedPropertyVal(unknown, "exit.value._tag", "ObjectNotFound")
      yield* TestClock.adjust(ttlMillis + graceMillis)
      assert.nestedPropertyVal((yield* read(client)).exit, "value.failure.reason._tag", "Unavailable")

      const refused = yield* withObject()
      yield* TestClock.adjust(ttlMillis)
      refused.plan.add({ backend: "redis", ...always }, { _tag: "Refuse", reason: "Unauthorized" })
      assert.nestedPropertyVal((yield* read(refused)).exit, "value.failure.reason._tag", "Unauthorized")
    }),
  )

  it.effect("never answers what was written or removed since, by itself or as another client told it", () =>
    Effect.gen(function* () {
      const changes = {
        "a write that failed half way": ({ db, plan }: Client) => {
          plan.add({ backend: "redis", method: "setMany" }, { _tag: "LoseAnswer", reason: "Timeout" })
          plan.add({ backend: "redis", method: "replaceMany" }, { _tag: "LoseAnswer", reason: "Timeout" })
          return Effect.ignore(db.setObject({ key: "k", data: bytes("xyz"), ...places.memory }))
        },
        "a removal": ({ db }: Client) => Effect.asVoid(db.deleteObject("k")),
        "a removal elsewhere, seen by a read": ({ db, other }: Client) =>
          Effect.andThen(other.deleteObject("k"), Effect.asVoid(Effect.flip(db.getObject("k")))),
      }
      for (const [what, change] of Object.entries(changes)) {
        const client = yield* withObject()
        yield* TestClock.adjust(ttlMillis)
        yield* passing(change(client))
        client.plan.clear()
        client.plan.add({ ...always }, unavailable)
        assert.nestedPropertyVal((yield* read(client)).exit, "value._tag", "Failure", what)
      }
    }),
  )

  it.effect("is off by default", () =>
    Effect.gen(function* () {
      const client = yield* withObject(0)
      yield* TestClock.adjust(ttlMillis)
      client.plan.add({ backend: "redis", ...always }, unavailable)
      assert.nestedPropertyVal((yield* read(client)).exit, "value._tag", "Failure")
    }),
  )

  it.effect("keeps to these rules at any moment of any outage", () =>
    Effect.gen(function* () {
      const moments = fc.record({ age: fc.nat(ttlMillis + 2 * graceMillis), isAway: fc.boolean() })
      for (const { age, isAway } of fc.sample(moments, 60)) {
        const client = yield* withObject()
        yield* TestClock.adjust(age)
        if (isAway) client.plan.add({ ...always }, unavailable)
        const { exit, millis } = yield* read(client)
        const [isFresh, isWithinGrace] = [age < ttlMillis, age + millis < ttlMillis + graceMillis]
        const expected = isFresh ? "cache" : !isAway ? "primary" : isWithinGrace ? "stale" : undefined
        assert.nestedPropertyVal(exit, "value._tag", expected === undefined ? "Failure" : "Success")
        if (expected !== undefined) assert.nestedPropertyVal(exit, "value.success.source", expected)
      }
    }),
  )
})
