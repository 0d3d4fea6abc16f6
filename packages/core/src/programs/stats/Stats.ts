/** What a client has done so far, as one snapshot. Nothing is counted for it that is not counted anyway. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type CacheStats, ObjectCache } from "../../ports/ObjectCache.ts"
import { type CallCount, Traffic, TrafficCounts } from "../../ports/Traffic.ts"
import { Connections } from "../instances/Connections.ts"
import { Routes } from "../routes/Routes.ts"

/** The batches of an operation. */
export interface BatchStats {
  readonly batches: number
  /** Of all batches together. */
  readonly items: number
  readonly largestItems: number
}

/** What a client has done since it was made. Names of operations are `backend.operation`, such as `redis.getMany`. */
export interface FrameDBStats {
  readonly cache: CacheStats
  /** The batches of objects, by operation. */
  readonly batches: Readonly<Record<string, BatchStats>>
  /**
   * The calls of instances on objects and their chunks, by operation. Each is one round trip; of a Redis Cluster it may be
   * one to each of several nodes at once.
   */
  readonly roundTrips: Readonly<Record<string, number>>
  /** The HTTP calls to `routing` and `registry`, by operation, refused and failed ones included. */
  readonly httpCalls: Readonly<Record<string, number>>
  /** How many instances are open now. */
  readonly openInstances: number
  readonly routes: {
    /** How many routes are remembered now, nearly: one that was used lately may count twice. */
    readonly remembered: number
  }
}

const record = <A>(
  traffic: TrafficCounts,
  wanted: (count: CallCount) => boolean,
  read: (count: CallCount) => A,
): Readonly<Record<string, A>> =>
  Object.fromEntries(
    [...traffic.entries()]
      .filter(([, count]) => count.calls > 0 && wanted(count))
      .map(([name, count]) => [name, read(count)]),
  )

const callsOf = ({ calls }: CallCount): number => calls

const batchStats = ({ calls, items, mostItems }: CallCount): BatchStats => ({
  batches: calls,
  items,
  largestItems: mostItems,
})

/** Gives what a client has done since its layer was made, as one snapshot. */
export class Stats extends Context.Service<
  Stats,
  {
    readonly snapshot: () => FrameDBStats
    readonly cache: () => CacheStats
    readonly openInstances: () => number
    readonly rememberedRoutes: () => number
    readonly traffic: TrafficCounts
  }
>()("@framedb/core/Stats") {}

/** Builds the service over what counts. */
export const make = Effect.gen(function* () {
  const cache = yield* ObjectCache
  const traffic = yield* Traffic
  const connections = yield* Connections
  const routes = yield* Routes
  const snapshot = (): FrameDBStats => ({
    cache: cache.stats(),
    batches: record(traffic, (count) => !count.isHttp && count.isBatched, batchStats),
    roundTrips: record(traffic, (count) => !count.isHttp, callsOf),
    httpCalls: record(traffic, (count) => count.isHttp, callsOf),
    openInstances: connections.openCount(),
    routes: { remembered: routes.rememberedCount() },
  })
  return Stats.of({
    snapshot,
    cache: cache.stats,
    openInstances: connections.openCount,
    rememberedRoutes: routes.rememberedCount,
    traffic,
  })
})

/** Provides the snapshots. */
export const layer: Layer.Layer<Stats, never, ObjectCache | Traffic | Connections | Routes> = Layer.effect(Stats, make)

/** Provides the counts that were given, or counts of the client's own. */
export const givenOrOwnTraffic: Layer.Layer<Traffic> = Layer.effect(
  Traffic,
  Effect.map(
    Effect.serviceOption(Traffic),
    Option.getOrElse(() => new TrafficCounts()),
  ),
)
