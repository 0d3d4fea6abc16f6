import { expect, it } from "@effect/vitest"
import { LocalCluster } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { FrameDB, FrameDBLive } from "framedb"

const { redisUrl, sqlUrl } = provided()

it.live("HTTP calls and round trips are counted, and seen as metrics where that is asked for", () =>
  Effect.gen(function* () {
    const { clusterUrl, routingUrl } = yield* LocalCluster.make({ redisUrl, sqlUrl })
    const layer = FrameDBLive.layer({ clusterUrl, routingUrl, cacheSizeBytes: 0, metrics: true })
    const db = Context.get(yield* Layer.build(layer), FrameDB)
    const key = `stats ${crypto.randomUUID()}`
    const data = new Uint8Array(10)
    yield* db.setObject({ key, data, framedbId: "redis-1", type: "in-memory" })
    const first = yield* db.stats
    expect(first.httpCalls).toMatchObject({ "registry.findInstance": 1, "routing.register": 1 })
    for (let count = 0; count < 3; count++) yield* db.getObject(key)
    const second = yield* db.stats
    expect(second.roundTrips).toEqual({ ...first.roundTrips, "redis.getMany": 3 })
    expect(second.httpCalls).toEqual(first.httpCalls)
    yield* db.deleteObject(key)
    const third = yield* db.stats
    const metrics = Metric.snapshotUnsafe(yield* Effect.context<never>())
    for (const [name, calls] of Object.entries(third.httpCalls)) {
      const [backend, operation] = name.split(".")
      const metric = metrics.find(
        ({ id, attributes }) =>
          id === "framedb_http_calls" && attributes?.["backend"] === backend && attributes?.["operation"] === operation,
      )
      expect(metric?.state).toEqual({ count: calls, incremental: true })
    }
  }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map())),
)
