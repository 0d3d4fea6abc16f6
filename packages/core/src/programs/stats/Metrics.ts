/**
 * What a client does, as Effect metrics. They are read when someone looks at them, from numbers that are there anyway, so that
 * they cost nothing while nobody looks. The package's README lists them all.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type { CacheStats } from "../../ports/ObjectCache.ts"
import type { CallCount } from "../../ports/Traffic.ts"
import { MetricSeries, type Named } from "./MetricSeries.ts"
import { Stats } from "./Stats.ts"

/** How a client's metrics are told from those of others. */
export interface MetricsOptions {
  /**
   * Attributes of every metric, such as `{ client: "ingest" }`. Of two clients of one process with the same attributes
   * only the later is seen. Default: none.
   */
  readonly attributes?: Readonly<Record<string, string>>
}

const cacheCounters: ReadonlyArray<readonly [keyof CacheStats, ...Named]> = [
  ["hits", "framedb_cache_hits", "look-ups that the cache answered"],
  ["misses", "framedb_cache_misses", "look-ups that the cache could not answer"],
  ["evictions", "framedb_cache_evictions", "objects that gave way to others"],
  ["expirations", "framedb_cache_expirations", "objects that had become too old"],
  ["rejections", "framedb_cache_rejections", "objects that were offered and not kept"],
]

const cacheGauges: ReadonlyArray<readonly [keyof CacheStats, ...Named]> = [
  ["entries", "framedb_cache_entries", "objects in the cache"],
  ["sizeBytes", "framedb_cache_size_bytes", "what the cache holds, overhead included"],
  ["maxBytes", "framedb_cache_max_bytes", "what the cache may hold"],
]

const httpCalls: Named = ["framedb_http_calls", "HTTP calls to the routing service and the registry"]
const roundTrips: Named = ["framedb_round_trips", "calls of instances on objects and their chunks"]
const batchItems: Named = ["framedb_batch_items", "objects of a batch"]
const openInstances: Named = ["framedb_open_instances", "instances that are open"]
const rememberedRoutes: Named = ["framedb_remembered_routes", "routes that are remembered"]

const registerCalls = (series: MetricSeries, count: CallCount): void => {
  const { backend, operation } = count
  const attributes = { backend, operation }
  const calls = () => count.calls
  series.counter(count.isHttp ? httpCalls : roundTrips, calls, attributes)
  if (!count.isHttp && count.isBatched) series.sizes(batchItems, count, attributes)
}

const registerAll = (series: MetricSeries, stats: Stats["Service"]): (() => void) => {
  for (const [field, ...named] of cacheCounters) series.counter(named, () => stats.cache()[field])
  for (const [field, ...named] of cacheGauges) series.gauge(named, () => stats.cache()[field])
  series.gauge(openInstances, stats.openInstances)
  series.gauge(rememberedRoutes, stats.rememberedRoutes)
  return stats.traffic.watch((count) => registerCalls(series, count))
}

/** Registers the metrics of a client for as long as the layer lives. */
export const layer = (options: MetricsOptions = {}): Layer.Layer<never, never, Stats> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const stats = yield* Stats
      const context = yield* Effect.context<never>()
      const attributes = { ...Context.get(context, Metric.CurrentMetricAttributes), ...options.attributes }
      const series = new MetricSeries(Context.add(context, Metric.CurrentMetricAttributes, attributes))
      yield* Effect.acquireRelease(
        Effect.sync(() => registerAll(series, stats)),
        (unwatch) =>
          Effect.sync(() => {
            unwatch()
            series.removeAll()
          }),
      )
    }),
  )
