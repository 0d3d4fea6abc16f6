/** What the benchmarks of objects share: private servers, the client under test, and what a careful programmer writes by hand. */
import { LocalCluster, open, RedisServer, SqlServer } from "@framedb/testing"
import { FrameDBClient, type FrameDBLive } from "framedb"
import { Redis } from "ioredis"
import { createPool, type Pool } from "mysql2"
import { concurrently } from "../harness/concurrently.ts"

/** Servers and clients of one benchmark. */
export interface Setting extends AsyncDisposable {
  /** The options of `db`, for another face of the same. */
  readonly options: FrameDBLive.FrameDBLiveOptions
  readonly db: FrameDBClient
  readonly redis: Redis
  readonly sql: Pool
}

/** The connections of the bare SQL client: as many as FrameDB's pool may have. */
const sqlConnections = 16

/** How the SQL server of a setting is set up. */
export interface SettingOptions {
  /** Whether it syncs each commit to the disk, which is the default of every SQL server. Default: true. */
  readonly isDurable?: boolean
}

/** Starts the servers, each in a process of its own, and the clients, without a cache. */
export const openSetting = async ({ isDurable = true }: SettingOptions = {}): Promise<Setting> => {
  const started = new AsyncDisposableStack()
  const redisServer = started.use(await open(RedisServer.make()))
  const sqlServer = started.use(await open(SqlServer.make({ isDurable })))
  const [redisUrl, sqlUrl] = [redisServer.value.url, sqlServer.value.url]
  const { clusterUrl, routingUrl } = started.use(await open(LocalCluster.make({ redisUrl, sqlUrl }))).value
  const options = { clusterUrl, routingUrl, cacheSizeBytes: 0 }
  const db = started.use(new FrameDBClient(options))
  const redis = started.adopt(new Redis(redisUrl), (client) => client.disconnect())
  const sql = started.adopt(createPool({ uri: sqlUrl, connectionLimit: sqlConnections }), (pool) => pool.end())
  return { options, db, redis, sql, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** Runs a prepared statement on any connection of a pool. */
export const execute = (pool: Pool, sql: string, parameters: Array<string | Buffer>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    pool.execute(sql, parameters, (error, result) => (error ? reject(error) : resolve(result)))
  })

/** Calls `operation` so many times, `concurrency` callers at once, with keys in turn. */
export const spread = async (
  operations: number,
  concurrency: number,
  keys: ReadonlyArray<string>,
  operation: (key: string) => Promise<unknown>,
): Promise<void> => {
  await concurrently(operations, concurrency, (index) => operation(keys[index % keys.length] ?? ""))
}

/** Bytes that don't compress and are no text. */
export const bytesOf = (length: number): Uint8Array =>
  new Uint8Array(length).map((_, index) => (index * 31) ^ (index >> 8))

/** Keys of one family. */
export const keysOf = (family: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${family}-${index}`)

/** Sets an object under every key. */
export const fill = (
  db: FrameDBClient,
  keys: ReadonlyArray<string>,
  data: Uint8Array,
  place: { readonly framedbId: string; readonly type: "in-memory" | "storage" },
): Promise<void> => spread(keys.length, 64, keys, (key) => db.setObject({ key, data, ...place }))

/** The instance in memory of a local cluster. */
export const inMemory = { framedbId: "redis-1", type: "in-memory" } as const

/** The SQL instance of a local cluster. */
export const inSql = { framedbId: "sql-1", type: "storage" } as const
