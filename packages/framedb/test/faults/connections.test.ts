import { assert, describe, it } from "@effect/vitest"
import { FramedbId, type Instance } from "@framedb/core"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { type Cluster, makeCluster, openClient, passing, settle } from "./cluster.ts"

const idOf = (number: number) => FramedbId.make(`m${number}`)
const at = (number: number) => ({ framedbId: `m${number}`, type: "in-memory" as const })
const data = Uint8Array.of(1)

/** A cluster that counts which instances are opened and closed. */
const counting = () => {
  const cluster = makeCluster()
  const opened: Array<string> = []
  const closed: Array<string> = []
  const counted: Cluster = {
    ...cluster,
    redis: {
      open: (instance) =>
        Effect.acquireRelease(
          Effect.sync(() => opened.push(instance.framedbId)),
          () => Effect.sync(() => closed.push(instance.framedbId)),
        ).pipe(Effect.andThen(cluster.redis.open(instance))),
    },
  }
  return { cluster: counted, opened, closed }
}

describe("the open instances", () => {
  it.effect("are at most as many as allowed, the least used closed first, and all are closed at the end", () =>
    Effect.gen(function* () {
      const { cluster, opened, closed } = counting()
      yield* Effect.gen(function* () {
        const { db, connections } = yield* openClient(cluster, { connectionCacheSize: 2, cacheSizeBytes: 0 })
        yield* db.setObject({ key: "a", data, ...at(1) })
        for (let use = 0; use < 5; use++) yield* db.getObject("a")
        yield* db.setObject({ key: "b", data, ...at(2) })
        yield* db.setObject({ key: "c", data, ...at(3) })
        assert.deepStrictEqual(closed, ["m2"])
        assert.strictEqual(connections.openCount(), 2)
      }).pipe(Effect.scoped)
      assert.sameMembers(closed, opened)
    }),
  )

  it.effect("are opened once, however many ask at once", () =>
    Effect.gen(function* () {
      const { cluster, opened } = counting()
      const { connections } = yield* openClient(cluster)
      const ask = Effect.scoped(connections.acquire(idOf(1), "redis"))
      yield* Effect.all(
        Array.from({ length: 1_000 }, () => ask),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(opened, ["m1"])
    }),
  )

  it.effect("are never closed while they are in use: who needs room waits for it, or is told", () =>
    Effect.gen(function* () {
      const { cluster, closed } = counting()
      const { db, connections } = yield* openClient(cluster, {
        connectionCacheSize: 1,
        maxWaitMillis: 1_000,
        retries: 0,
      })
      const release = yield* Deferred.make<void>()
      const holding = yield* Effect.forkChild(
        Effect.scoped(Effect.andThen(connections.acquire(idOf(1), "redis"), Deferred.await(release))),
      )
      yield* settle
      const { exit, millis } = yield* passing(Effect.flip(db.setObject({ key: "b", data, ...at(2) })))
      assert.isTrue(Exit.isSuccess(exit) && exit.value._tag === "BackendError")
      assert.isAtMost(millis, 1_500)
      assert.deepStrictEqual(closed, [])
      const waiting = yield* Effect.forkChild(passing(db.setObject({ key: "b", data, ...at(2) })))
      yield* settle
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holding)
      assert.isTrue(Exit.isSuccess((yield* Fiber.join(waiting)).exit))
      assert.deepStrictEqual(closed, ["m1"])
    }),
  )

  it.effect("are asked for again after opening failed", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const { db } = yield* openClient(makeCluster(), { decide: plan.decide })
      plan.add({ method: "open" }, { _tag: "Refuse", reason: "Unauthorized" })
      const { exit } = yield* passing(db.setObject({ key: "a", data, ...at(1) }))
      assert.isTrue(Exit.isFailure(exit))
      yield* db.setObject({ key: "a", data, ...at(1) })
    }),
  )

  it.effect("are told apart by URL: where the registry names another, that is opened", () =>
    Effect.gen(function* () {
      const { cluster, opened } = counting()
      let url = "memory://before"
      const moving: Cluster = {
        ...cluster,
        registry: {
          findInstance: (framedbId, kind) =>
            Effect.sync(() => {
              const instance: Instance = {
                framedbId,
                kind,
                url: Redacted.make(url),
                clusterId: undefined,
                metadata: {},
              }
              return Option.some(instance)
            }),
        },
      }
      const { db } = yield* openClient(moving, { cacheSizeBytes: 0 })
      yield* db.setObject({ key: "a", data, ...at(1) })
      url = "memory://after"
      yield* db.getObject("a")
      assert.deepStrictEqual(opened, ["m1"])
      yield* TestClock.adjust("61 seconds")
      yield* db.getObject("a")
      assert.deepStrictEqual(opened, ["m1", "m1"])
    }),
  )
})
