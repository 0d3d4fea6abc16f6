import { assert, describe, it } from "@effect/vitest"
import { FrameDBMetrics, Stats } from "@framedb/core"
import { faults } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { FrameDB, FrameDBClient, FrameDBMemory } from "framedb"
import { makeCluster, openClient, passing, places } from "./cluster.ts"

const data = new Uint8Array(100)
const keys = Array.from({ length: 40 }, (_, index) => `k${index}`)

describe("the stats of a client", () => {
  it("are one snapshot of all that it has done", async () => {
    await using client = FrameDBClient.memory()
    await Promise.all(keys.map((key) => client.setObject({ key, data, ...places.memory })))
    await client.getObjects(keys)
    await client.getObject("nothing there").catch(() => undefined)
    const stats = await client.stats()
    assert.deepInclude(stats.cache, { hits: 40, misses: 1, entries: 40 })
    assert.deepEqual(stats.cache, await client.cacheStats())
    assert.deepInclude(stats.batches["redis.setMany"], { items: 40 })
    assert.isAtMost(stats.batches["redis.setMany"]?.batches ?? 0, 8)
    assert.isAbove(stats.batches["redis.setMany"]?.largestItems ?? 0, 4)
    assert.strictEqual(stats.roundTrips["redis.setMany"], stats.batches["redis.setMany"]?.batches)
    assert.notProperty(stats.roundTrips, "redis.getMany", "the cache had everything")
    assert.deepEqual(stats.httpCalls, {})
    assert.strictEqual(stats.openInstances, 1)
    assert.isAtLeast(stats.routes.remembered, 40)
  })

  it("count large objects in chunks, too, and begin at nothing", async () => {
    await using client = FrameDBClient.memory()
    assert.deepInclude(await client.stats(), { batches: {}, roundTrips: {}, httpCalls: {}, openInstances: 0 })
    await client.setObject({ key: "large", data: new Uint8Array(5 * 1024 * 1024), ...places.storage })
    const { roundTrips } = await client.stats()
    assert.isAtLeast(roundTrips["sql.putChunk"] ?? 0, 5)
    assert.strictEqual(roundTrips["sql.commitChunks"], 1)
  })
})

const metricsOf = (context: Context.Context<never>) =>
  Metric.snapshotUnsafe(context).filter(({ id }) => id.startsWith("framedb_"))

describe("the metrics of a client", () => {
  it.effect("say what its stats say, when someone looks, and go with it", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      const attributes = { client: "test" }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const layer = Layer.provideMerge(FrameDBMetrics.layer({ attributes }), FrameDBMemory.layer())
          const services = yield* Layer.build(layer)
          const db = Context.get(services, FrameDB)
          yield* Effect.forEach(keys, (key) => db.setObject({ key, data, ...places.memory }), {
            concurrency: "unbounded",
          })
          yield* db.getObjects(keys)
          const { cache, batches, openInstances, routes } = Context.get(services, Stats).snapshot()
          const all = metricsOf(context)
          const find = (id: string, operation?: string) =>
            all.find((each) => each.id === id && each.attributes?.["operation"] === operation)
          for (const each of all) assert.propertyVal(each.attributes, "client", "test")
          assert.deepInclude(find("framedb_cache_hits"), { type: "Counter", state: { count: 40, incremental: true } })
          assert.deepInclude(find("framedb_cache_size_bytes"), { type: "Gauge", state: { value: cache.sizeBytes } })
          assert.deepInclude(find("framedb_cache_max_bytes"), { state: { value: 64 * 1024 * 1024 } })
          assert.deepInclude(find("framedb_open_instances"), { state: { value: openInstances } })
          assert.deepInclude(find("framedb_remembered_routes"), { state: { value: routes.remembered } })
          const written = batches["redis.setMany"] ?? assert.fail("batches were expected")
          assert.deepInclude(find("framedb_round_trips", "setMany"), {
            state: { count: written.batches, incremental: true },
          })
          const sizes = find("framedb_batch_items", "setMany")
          if (sizes?.type !== "Histogram") return assert.fail("a histogram was expected")
          assert.deepInclude(sizes.state, { count: written.batches, sum: 40, max: written.largestItems })
          assert.deepStrictEqual(sizes.state.buckets.at(-1), [1024, written.batches])
        }),
      )
      assert.deepStrictEqual(metricsOf(context), [])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )

  it.effect("count every repetition by what had failed", () =>
    Effect.gen(function* () {
      const plan = new faults.FaultPlan()
      const { db } = yield* openClient(makeCluster(), { decide: plan.decide })
      plan.add({ backend: "routing", method: "register", times: 2 }, { _tag: "Refuse", reason: "Unavailable" })
      yield* passing(db.setObject({ key: "k", data, ...places.memory }))
      plan.add({ backend: "redis", method: "deleteMany" }, { _tag: "Refuse", reason: "Overloaded" })
      yield* passing(db.deleteObject("k"))
      const retries = metricsOf(yield* Effect.context<never>()).map(({ id, attributes, state }) => ({
        id,
        attributes,
        state,
      }))
      const counted = (backend: string, operation: string, count: number) => ({
        id: "framedb_retries",
        attributes: { backend, operation },
        state: { count, incremental: true },
      })
      assert.deepStrictEqual(retries, [counted("routing", "register", 2), counted("redis", "deleteMany", 1)])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )
})
