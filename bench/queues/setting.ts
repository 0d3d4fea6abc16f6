/** What the benchmarks of queues share: one private Redis, FrameDB on it by both faces, and a bare client beside them. */
import { FramedbId, Queues, StreamRouting } from "@framedb/core"
import { MemoryStreamRouting } from "@framedb/core/memory"
import { RedisLive } from "@framedb/redis"
import { LocalCluster, open, RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { FrameDB, FrameDBClient, FrameDBLive } from "framedb"
import { Redis } from "ioredis"

/** The instance's id in every benchmark of queues. */
export const framedbId = "redis-1"

/** A message of 220 bytes. */
export const body = Buffer.alloc(220, "x")

/** Servers and clients of one benchmark. */
export interface Setting extends AsyncDisposable {
  readonly redisUrl: string
  /** FrameDB for Promises. */
  readonly db: FrameDBClient
  /** Runs a program on a FrameDB of its own. */
  readonly run: <A, E>(use: (db: FrameDB["Service"]) => Effect.Effect<A, E>) => Promise<A>
  readonly bare: Redis
}

/** No queue is in it. */
const unusedSqlUrl = "mysql://127.0.0.1:1"

/** Starts the servers, each in a process of its own, and the clients. */
export const openSetting = async (): Promise<Setting> => {
  const started = new AsyncDisposableStack()
  const redisUrl = started.use(await open(RedisServer.make())).value.url
  const cluster = started.use(await open(LocalCluster.make({ redisUrl, sqlUrl: unusedSqlUrl }))).value
  const { clusterUrl, routingUrl } = cluster
  const db = started.use(new FrameDBClient({ clusterUrl, routingUrl }))
  const layer = FrameDBLive.layer({ clusterUrl, routingUrl })
  const runtime = started.adopt(ManagedRuntime.make(layer), (made) => made.dispose())
  const bare = started.adopt(new Redis(redisUrl), (client) => client.disconnect())
  const run: Setting["run"] = (use) => runtime.runPromise(Effect.flatMap(FrameDB, use))
  return { redisUrl, db, run, bare, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** The programs of queues on a Redis, for a process that is killed and has no other services. */
export const openQueues = Effect.fnUntraced(function* (url: string) {
  const connection = yield* RedisLive.make().open({
    framedbId: FramedbId.make(framedbId),
    kind: "redis",
    url: Redacted.make(url),
    clusterId: undefined,
    metadata: {},
  })
  const routing = yield* Effect.provide(StreamRouting, MemoryStreamRouting.layer())
  const opened = { pins: 0, connection }
  return yield* Queues.make(
    () => Effect.succeed(connection.queues),
    routing,
    () => opened,
  )
})
