/** What the benchmarks of large objects and copies share: real servers, and FrameDB over them without HTTP in between. */
import { readFileSync } from "node:fs"
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
import { open, RedisServer, SqlServer } from "@framedb/testing"
import { TiDBLive } from "@framedb/tidb"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Redis } from "ioredis"
import { createPool } from "mysql2"
import type { Pool, RowDataPacket } from "mysql2/promise"

/** The instances: `r` is Redis, `s` is SQL. */
export const instances = {
  r: { framedbId: "r", type: "in-memory" },
  s: { framedbId: "s", type: "storage" },
} as const

/** The pool of a bare client, as large as ours. */
export const bareConnections = 16

/** What a setting is opened with: FrameDB's options, and how the SQL server is set up. */
export interface SettingOptions extends Partial<FrameDBOptions> {
  /** Whether it syncs each commit to the disk, which is the default of every SQL server. Default: true. */
  readonly isDurable?: boolean
}

const serversOf = (isDurable: boolean) =>
  Effect.all({ redis: RedisServer.make(), sql: SqlServer.make({ isDurable }) }, { concurrency: "unbounded" })

/** Opens servers, FrameDB and bare clients; all of it ends with the setting. */
export const openSetting = async ({ isDurable = true, ...options }: SettingOptions = {}) => {
  const servers = await open(serversOf(isDurable))
  const [redisUrl, sqlUrl] = [servers.value.redis.url, servers.value.sql.url]
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
    /** The processor time that the SQL server has used, in milliseconds; NaN where the machine does not tell. */
    sqlMillis: () => processMillis(sql),
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

/** Servers, FrameDB and bare clients. */
export type Setting = Awaited<ReturnType<typeof openSetting>>

const pidFile = "SELECT @@pid_file"

const processMillis = async (sql: Pool): Promise<number> => {
  try {
    const [rows] = await sql.query<Array<RowDataPacket>>(pidFile)
    const pid = readFileSync(String(rows[0]?.["@@pid_file"]), "utf8").trim()
    // After the name in parentheses come 11 fields, then user and system time in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return Number.NaN
  }
}
