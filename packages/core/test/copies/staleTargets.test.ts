/** Copies of many objects to places where other clients have left stale bytes. */
import { assert, describe, it } from "@effect/vitest"
import {
  FrameDB,
  FrameDBPrograms,
  FramedbId,
  type ObjectConnection,
  ObjectRouting,
  RedisBackend,
  TiDBBackend,
} from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import { faults } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { bytesOf, connect, keyOf } from "../large/cluster.ts"

const limits = { limits: { inlineBytes: 1000, batchBytes: 800_000 }, chunkLimits: { chunkBytes: 300, maxChunks: 100 } }

/** The programs over memory, which note every call of theirs. */
const noted = () => {
  const plan = new faults.FaultPlan()
  const ports = Layer.mergeAll(
    MemoryClusterRegistry.layer(),
    Layer.succeed(ObjectRouting, faults.faultyRouting(MemoryObjectRouting.make(), plan.decide)),
    MemoryStreamRouting.layer(),
    Layer.succeed(RedisBackend, faults.faultyRedis(MemoryRedisBackend.make(limits), plan.decide)),
    Layer.succeed(TiDBBackend, faults.faultyTiDB(MemoryTiDBBackend.make(limits), plan.decide)),
    NoObjectCache.layer(),
  )
  const programs = FrameDBPrograms.layer({ retryDelayMillis: 0, copySettleMillis: 0 })
  return { plan, layer: Layer.provideMerge(programs, ports) }
}

const kinds = {
  r: { type: "in-memory", backend: "redis" },
  s: { type: "storage", backend: "sql" },
} as const
type Id = keyof typeof kinds
const locationOf = (id: Id) => ({ framedbId: FramedbId.make(id), type: kinds[id].type })

const keys = Array.from({ length: 200 }, (_, index) => keyOf(`k${index}`))
const dataOf = (index: number) => bytesOf(100 + index, index)
const staleOf = (index: number) => bytesOf(index % 3 === 0 ? 0 : 90, index + 7)

const setAll = (connection: ObjectConnection, contentOf: (index: number) => Uint8Array) =>
  Effect.forEach([0, 50, 100, 150], (start) =>
    connection.objects.setMany(
      keys.slice(start, start + 50).map((key, index) => ({ key, data: contentOf(start + index) })),
    ),
  )

/** 200 objects at one place, something else under each of their keys at the other. */
const prepared = Effect.fnUntraced(function* (from: Id, to: Id) {
  const [source, target] = [yield* connect(from, kinds[from].type), yield* connect(to, kinds[to].type)]
  yield* setAll(source, dataOf)
  yield* setAll(target, staleOf)
  const place = locationOf(from)
  const routes = keys.map((key, index) => ({
    key,
    ...place,
    copies: [],
    sizeBytes: dataOf(index).length,
    metadata: {},
  }))
  yield* (yield* ObjectRouting).registerMany(routes)
  return { target }
})

describe("createBulkBackup to places with stale bytes", () => {
  for (const [from, to] of [
    ["r", "s"],
    ["s", "r"],
  ] as const) {
    it.effect(`clears them in batches, from ${kinds[from].type} to ${kinds[to].type}`, () => {
      const { plan, layer } = noted()
      return Effect.gen(function* () {
        const { target } = yield* prepared(from, to)
        plan.takeCalls()
        const report = yield* (yield* FrameDB).createBulkBackup(keys, to, { targetType: kinds[to].type })
        const calls = plan.takeCalls()
        assert.deepInclude(report, { succeeded: 200, skipped: 0, failed: 0 })
        for (const [index, key] of keys.entries()) {
          assert.deepStrictEqual(yield* target.objects.getMany([key]), [Option.some(dataOf(index))])
        }
        const found = yield* (yield* ObjectRouting).findMany(keys)
        assert.isTrue(found.every((route) => Option.isSome(route) && route.value.copies[0]?.framedbId === to))
        // Looking, removing, writing and looking again: by the batch, not by the key.
        const ofTarget = calls.filter(({ backend }) => backend === kinds[to].backend)
        assert.isAtMost(ofTarget.length, 60)
        assert.isAtMost(calls.filter(({ backend }) => backend === "routing").length, 24)
        const removed = ofTarget.filter(({ method }) => method === "deleteManyIfEqual").flatMap((call) => call.keys)
        assert.deepStrictEqual(removed.toSorted(), keys.toSorted())
        assert.isFalse(calls.some(({ method }) => method === "findChunked"))
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("leaves what a route names, and takes manifests and large values out of the way one by one", () => {
    const { layer } = noted()
    return Effect.gen(function* () {
      const { target } = yield* prepared("r", "s")
      const db = yield* FrameDB
      // An object that lives at the target since, without this client's knowledge of its route; and one in chunks without a route.
      const [named, chunked] = [keys[3] ?? keyOf(""), keys[4] ?? keyOf("")]
      yield* target.objects.deleteMany([chunked])
      yield* db.setObject({ key: chunked, data: bytesOf(2500), framedbId: "s", type: "storage" })
      const routing = yield* ObjectRouting
      const atSource = { ...locationOf("r"), copies: [], metadata: {}, sizeBytes: 104 }
      yield* routing.registerMany([{ key: chunked, ...atSource }])
      yield* (yield* connect("r", "in-memory")).objects.setMany([{ key: chunked, data: dataOf(4) }])
      yield* routing.registerMany([{ key: named, ...locationOf("s"), copies: [], metadata: {}, sizeBytes: 90 }])
      const report = yield* db.createBulkBackup(keys, "s", { targetType: "storage" })
      assert.deepInclude(report, { succeeded: 199, skipped: 0, failed: 1 })
      assert.deepStrictEqual(yield* target.objects.getMany([named, chunked]), [
        Option.some(staleOf(3)),
        Option.some(dataOf(4)),
      ])
    }).pipe(Effect.provide(layer))
  })
})
