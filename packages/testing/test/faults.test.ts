import { assert, describe, it } from "@effect/vitest"
import type { BackendError } from "@framedb/core"
import { FrameDB } from "@framedb/core"
import { faults } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

const data = Uint8Array.of(1, 2, 3)
const memory = { framedbId: "m", type: "in-memory" } as const
const storage = { framedbId: "s", type: "storage" } as const

type Use = (db: FrameDB["Service"]) => Effect.Effect<unknown, unknown>

/** A use of every port, and the method that it ends at. */
const uses: Readonly<Record<string, readonly [faults.CallPattern, Use]>> = {
  "the registry": [{ backend: "registry" }, (db) => db.getObject("k")],
  "a look-up of a route": [{ backend: "routing", method: "findMany" }, (db) => db.getObject("k")],
  "a registration": [
    { backend: "routing", method: "register", key: "n" },
    (db) => db.setObject({ key: "n", data, ...memory }),
  ],
  "a listing": [{ backend: "routing", method: "list" }, (db) => Stream.runDrain(db.listObjects())],
  "an instance that is opened": [
    { method: "open", instance: "new" },
    (db) => db.setObject({ key: "n", data, ...memory, framedbId: "new" }),
  ],
  "a read from Redis": [{ backend: "redis", method: "getMany" }, (db) => db.getObject("k")],
  "a write to SQL": [{ backend: "sql", method: "setMany" }, (db) => db.setObject({ key: "n", data, ...storage })],
  "a chunk": [
    { backend: "sql", method: "putChunk" },
    (db) => db.writeObject("n", Stream.succeed(new Uint8Array(5 * 1024 * 1024)), storage),
  ],
  "a look-up of a queue": [{ backend: "routing", method: "find" }, (db) => db.publish("q", data, { framedbId: "m" })],
  "a publish": [{ backend: "redis", method: "publish" }, (db) => db.publish("q", data, { framedbId: "m" })],
  "a look at a queue": [{ method: "info" }, (db) => db.queueInfo("q", "m")],
  "a listener that joins": [
    { backend: "redis", method: "subscribe" },
    (db) => Stream.runDrain(db.pullAllStreamData("other", "other")),
  ],
  "a message that is received": [
    { backend: "redis", method: "receive" },
    (db) => Stream.runDrain(db.pullAllStreamData("other", "other")),
  ],
  "a follower": [{ method: "tail" }, (db) => Stream.runDrain(Stream.take(db.tail("q", "m", { from: "beginning" }), 1))],
}

const failing = (pattern: faults.CallPattern, fault: faults.Fault, use: Use) =>
  Effect.gen(function* () {
    const plan = new faults.FaultPlan()
    const error = yield* Effect.gen(function* () {
      const db = yield* FrameDB
      yield* db.setObject({ key: "k", data, ...memory })
      yield* db.publish("other", data, { framedbId: "other" })
      plan.add(pattern, fault)
      return yield* Effect.flip(use(db))
    }).pipe(
      Effect.provide(faults.memoryLayer(plan.decide, { retries: 0, routeCacheMillis: 1, instanceCacheMillis: 1 })),
    )
    return error as BackendError
  })

describe("FrameDB in memory behind faults", () => {
  for (const [what, [pattern, use]] of Object.entries(uses)) {
    it.effect(`fails at ${what} as it is told`, () =>
      Effect.gen(function* () {
        const waiting = (db: FrameDB["Service"]) => Effect.andThen(TestClock.adjust(10), use(db))
        const error = yield* failing(pattern, { _tag: "Refuse", reason: "Rejected" }, waiting)
        assert.strictEqual(error._tag, "BackendError")
        assert.strictEqual(error.reason._tag, "Rejected")
      }),
    )
  }

  it.effect("tells which key of a backup was lost on its way to the storage", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan().add({ method: "put" }, { _tag: "LoseAnswer", reason: "Rejected" })
      const report = yield* Effect.gen(function* () {
        const db = yield* FrameDB
        yield* db.setObject({ key: "k", data, ...memory })
        return yield* db.backupToObjectStorage({ keys: ["k"] })
      }).pipe(Effect.provide(faults.memoryLayer(plan.decide, { retries: 0 })))
      assert.strictEqual(report.failed, 1)
    }),
  )

  it.effect("is itself where nothing is decided, each time anew", () =>
    Effect.gen(function* () {
      const layer = faults.memoryLayer(() => undefined)
      const store = Effect.flatMap(FrameDB, (db) => db.setObject({ key: "k", data, ...memory }))
      const look = Effect.flatMap(FrameDB, (db) => db.objectExists("k"))
      assert.isTrue(yield* Effect.provide(Effect.andThen(store, look), layer))
      assert.isFalse(yield* Effect.provide(look, layer))
    }),
  )
})
