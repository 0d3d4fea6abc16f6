/** Private servers, each behind a tripwire, with their instances registered under the tripwires' ports. */
import { FramedbId } from "@framedb/core"
import { InstanceAdministration } from "@framedb/routing"
import { RedisServer, RoutingServer, type Server, SqlServer } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { FrameDBLive } from "framedb"
import * as Tripwire from "./tripwire.ts"

interface Guarded {
  readonly server: Server
  readonly wire: Tripwire.Tripwire
}

/** The servers, by the part that they play. */
export interface BrokenClusterHandle {
  readonly url: string
  readonly redis: Guarded
  readonly sql: Guarded
  readonly routing: Guarded
}

/** The cluster of a layer. */
export class BrokenCluster extends Context.Service<BrokenCluster, BrokenClusterHandle>()(
  "framedb/test/BrokenCluster",
) {}

const guard = Effect.fnUntraced(function* (server: Server) {
  return { server, wire: yield* Tripwire.make(server.port) }
})

/** Starts the servers and registers their instances: `redis`, and `sql`. */
export const make = Effect.gen(function* () {
  const servers = yield* Effect.all(
    {
      redis: Effect.flatMap(RedisServer.make({ appendOnly: true }), guard),
      sql: Effect.flatMap(SqlServer.make(), guard),
      routing: Effect.flatMap(RoutingServer.make(), guard),
    },
    { concurrency: "unbounded" },
  )
  const { redis, sql, routing } = servers
  const administration = yield* InstanceAdministration.make({ url: routing.server.url })
  const register = (framedbId: string, kind: "redis" | "sql", url: string) =>
    administration.register({ framedbId: FramedbId.make(framedbId), kind, publicUrl: Redacted.make(url) })
  yield* register("redis", "redis", `redis://127.0.0.1:${redis.wire.port}`)
  yield* register("sql", "sql", `mysql://root@127.0.0.1:${sql.wire.port}/framedb`)
  return BrokenCluster.of({ ...servers, url: `http://127.0.0.1:${routing.wire.port}` })
})

/** The cluster for as long as the layer lives. */
export const layer = Layer.effect(BrokenCluster, make)

/** Options with deadlines that a test can wait for. */
export const impatient = (url: string) =>
  ({
    clusterUrl: url,
    routingUrl: url,
    retries: 1,
    cacheSizeBytes: 0,
    http: { deadlineMillis: 1_000, connectTimeoutMillis: 500 },
    redis: { connectTimeoutMillis: 1_000, commandTimeoutMillis: 500, maxReconnectDelayMillis: 100 },
    tidb: { connectTimeoutMillis: 1_000, acquireTimeoutMillis: 1_000, statementTimeoutMillis: 2_000 },
  }) satisfies FrameDBLive.FrameDBLiveOptions
