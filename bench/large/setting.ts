/** What the benchmarks of large objects and copies share: real servers, and FrameDB over them without HTTP in between. */
import {
  ClusterRegistry,
  FrameDB,
  type FrameDBOptions,
  FrameDBPrograms,
  type InstanceKind,
  ObjectRouting,
} from "@framedb/core"
import { MemoryObjectRouting, MemoryStreamRouting, NoObjectCache } from "@framedb/core/memory"
import { RedisLive } from "@framedb/redis"
import { open, sharedServers } from "@framedb/testing"
import { TiDBLive } from "@framedb/tidb"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Redis } from "ioredis"
import { createPool } from "mysql2"

/** The instances: `r` is Redis, `s` is SQL. */
export const instances = {
  r: { framedbId: "r", type: "in-memory" },
  s: { framedbId: "s", type: "storage" },
} as const

/** The pool of a bare client, as large as ours. */
export const bareConnections = 16

/** Opens servers, FrameDB and bare clients; all of it ends with the setting. */
export const openSetting = async (options: Partial<FrameDBOptions> = {}) => {
  const servers = await open(sharedServers)
  const { redisUrl, sqlUrl } = servers.value
  const urls: Readonly<Record<InstanceKind, string>> = { redis: redisUrl, sql: sqlUrl }
  const registry = Layer.succeed(ClusterRegistry, {
    findInstance: (framedbId, kind) => {
      const isKnown = framedbId === (kind === "redis" ? "r" : "s")
      const url = Redacted.make(urls[kind])
      return Effect.succeed(
        isKnown ? Option.some({ framedbId, kind, url, clusterId: undefined, metadata: {} }) : Option.none(),
      )
    },
  })
  const routing = MemoryObjectRouting.make()
  const runtime = ManagedRuntime.make(
    FrameDBPrograms.layer(options).pipe(
      Layer.provide([
        registry,
        Layer.succeed(ObjectRouting, routing),
        MemoryStreamRouting.layer(),
        NoObjectCache.layer(),
        RedisLive.layer({ chunkGraceMillis: 1 }),
        TiDBLive.layer({ chunkGraceMillis: 1 }),
      ]),
    ),
  )
  const pool = createPool({ uri: sqlUrl, connectionLimit: bareConnections, maxPreparedStatements: 64 })
  const sql = pool.promise()
  const redis = new Redis(redisUrl)
  return {
    sql,
    redis,
    /** What the routing service would know. */
    routing,
    run: <A, E>(use: (db: FrameDB["Service"]) => Effect.Effect<A, E>) =>
      runtime.runPromise(Effect.flatMap(FrameDB, use)),
    [Symbol.asyncDispose]: async () => {
      await runtime.dispose()
      redis.disconnect()
      await sql.end()
      await servers.close()
    },
  }
}

/** Runs work for each number below a bound, so many at a time. */
export const concurrently = async (
  count: number,
  concurrency: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> => {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
