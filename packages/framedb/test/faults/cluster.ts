/** A cluster in memory that several clients share, each behind faults of its own. */
import { LfuObjectCache } from "@framedb/cache"
import {
  ClusterRegistry,
  Connections,
  FrameDB,
  type FrameDBOptions,
  FrameDBPrograms,
  FramedbId,
  ObjectKey,
  ObjectRouting,
  RedisBackend,
  StreamRouting,
  TiDBBackend,
} from "@framedb/core"
import {
  MemoryCacheInvalidation,
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
} from "@framedb/core/memory"
import { faults } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"

/** The ports that all clients of a cluster reach. */
export const makeCluster = () => ({
  registry: MemoryClusterRegistry.make(),
  objects: MemoryObjectRouting.make(),
  streams: MemoryStreamRouting.make(),
  redis: MemoryRedisBackend.make(),
  tidb: MemoryTiDBBackend.make(),
})

export type Cluster = ReturnType<typeof makeCluster>

export interface ClientOptions extends Partial<FrameDBOptions> {
  readonly decide?: faults.Decide
  /** What the client's cache is kept coherent over. */
  readonly bus?: MemoryCacheInvalidation.MemoryInvalidationBus
  readonly cacheSizeBytes?: number
  readonly cache?: Omit<LfuObjectCache.LfuObjectCacheOptions, "maxBytes">
}

/** Opens a client for the scope. */
export const openClient = Effect.fnUntraced(function* (cluster: Cluster, options: ClientOptions = {}) {
  const { decide = () => undefined, cacheSizeBytes = 1024 * 1024, cache, bus, ...programs } = options
  const ports = Layer.mergeAll(
    Layer.succeed(ClusterRegistry, faults.faultyRegistry(cluster.registry, decide)),
    Layer.succeed(ObjectRouting, faults.faultyRouting(cluster.objects, decide)),
    Layer.succeed(StreamRouting, cluster.streams),
    Layer.succeed(RedisBackend, faults.faultyRedis(cluster.redis, decide)),
    Layer.succeed(TiDBBackend, faults.faultyTiDB(cluster.tidb, decide)),
    bus === undefined ? Layer.empty : MemoryCacheInvalidation.layer({ bus }),
    LfuObjectCache.layer({ ...cache, maxBytes: cacheSizeBytes }),
  )
  const services = yield* Layer.build(Layer.provide(FrameDBPrograms.layer(programs), ports))
  return { db: Context.get(services, FrameDB), connections: Context.get(services, Connections) }
})

/** The places of a cluster that tests use. */
export const places = {
  memory: { framedbId: "m1", type: "in-memory" },
  otherMemory: { framedbId: "m2", type: "in-memory" },
  storage: { framedbId: "s1", type: "storage" },
} as const

export type Place = (typeof places)[keyof typeof places]

const objectsAt = Effect.fnUntraced(function* (cluster: Cluster, place: Place) {
  const kind = place.type === "storage" ? "sql" : "redis"
  const instance = yield* cluster.registry.findInstance(FramedbId.make(place.framedbId), kind)
  const backend = kind === "sql" ? cluster.tidb : cluster.redis
  const { objects } = yield* backend.open(Option.getOrThrow(instance))
  return objects
})

/** The bytes that an instance really holds under a key, past every client. */
export const storedAt = Effect.fnUntraced(function* (cluster: Cluster, place: Place, key: string) {
  const [found] = yield* (yield* objectsAt(cluster, place)).getMany([ObjectKey.make(key)])
  return found === undefined ? undefined : Option.getOrUndefined(found)
}, Effect.scoped)

/** Stores bytes on an instance, past every client and without a route. */
export const storeAt = Effect.fnUntraced(function* (cluster: Cluster, place: Place, key: string, data: Uint8Array) {
  yield* (yield* objectsAt(cluster, place)).setMany([{ key: ObjectKey.make(key), data }])
}, Effect.scoped)

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Lets everything that needs no time happen. */
export const settle = Effect.forEach([1, 2, 3, 4, 5], () => turn, { discard: true })

/** How something ended, and after how much time of the test's clock. */
export interface Timed<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly millis: number
}

/** Runs to the end while time passes, at most five minutes of it. */
export const passing = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
  for (let millis = 0; millis < 300_000; millis += 25) {
    yield* settle
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return { exit, millis } satisfies Timed<A, E>
    yield* TestClock.adjust(25)
  }
  return yield* Effect.die("it did not end within five minutes")
})
