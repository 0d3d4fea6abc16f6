/** Where the tour takes place: in memory, or on servers that it starts. Every lesson is the same on both. */
import { ensurePackages, LocalCluster } from "@framedb/testing"
import * as Context from "effect/Context"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { FrameDBClient } from "framedb"

/** The instances of the tour; the names are those of `LocalCluster`. */
export const instances = { memory: "redis-1", otherMemory: "redis-2", queue: "redis-3", storage: "sql-1" } as const

/** A client, and what has to be stopped after it. */
export interface Stage extends AsyncDisposable {
  readonly db: FrameDBClient
  /** In a few words. */
  readonly where: string
}

/** Everything in this process: no server, no socket. */
export const memoryStage = (): Stage => {
  const redis = [instances.memory, instances.otherMemory, instances.queue]
  const known = redis.map((framedbId) => ({ framedbId, kind: "redis" as const }))
  const db = FrameDBClient.memory({ instances: [...known, { framedbId: instances.storage, kind: "sql" }] })
  return { db, where: "in this process's memory", [Symbol.asyncDispose]: () => db.close() }
}

/** Redis, a MySQL server and the routing service, started for the length of the tour on free ports. */
export const liveStage = async (): Promise<Stage> => {
  await ensurePackages()
  const servers = ManagedRuntime.make(LocalCluster.layer())
  const { clusterUrl, routingUrl } = Context.get(await servers.context(), LocalCluster.LocalCluster)
  const db = new FrameDBClient({ clusterUrl, routingUrl })
  const stop = async () => {
    await db.close()
    await servers.dispose()
  }
  return { db, where: "on Redis, a MySQL server and a routing service of its own", [Symbol.asyncDispose]: stop }
}
