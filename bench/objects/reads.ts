/**
 * Reads without a cache, with warm routes, against the bare drivers: one `getBuffer` a key on one connection, one prepared
 * `SELECT` a key on 16 connections.
 *
 *   node bench/objects/reads.ts [--rounds 15] [--short]
 */
import { run } from "../harness/main.ts"
import { bytesOf, execute, fill, inMemory, inSql, keysOf, openSetting, spread } from "./setting.ts"

const KiB = 1024
const select = "SELECT data FROM data_table WHERE `key` = ?"

const inRedis = [
  { valueBytes: KiB, concurrency: 1, target: 0.9, operations: 8_000 },
  { valueBytes: KiB, concurrency: 64, target: 2.5, operations: 60_000 },
  { valueBytes: KiB, concurrency: 1000, target: 4, operations: 100_000 },
  { valueBytes: 64 * KiB, concurrency: 64, target: 0.95, operations: 2_000 },
]

const onSql = [
  { valueBytes: KiB, concurrency: 1, target: 0.9, operations: 2_000 },
  { valueBytes: KiB, concurrency: 64, target: 5, operations: 30_000 },
  { valueBytes: 64 * KiB, concurrency: 64, target: 0.95, operations: 2_000 },
]

await run("objects-reads", async ({ compare }) => {
  await using setting = await openSetting()
  const { db, redis, sql } = setting
  const keysFor = async (place: typeof inMemory | typeof inSql, valueBytes: number) => {
    const keys = keysOf(`read-${valueBytes}`, valueBytes > KiB ? 200 : 1000).map((key) => `${place.type}-${key}`)
    await fill(db, keys, bytesOf(valueBytes), place)
    return keys
  }
  for (const { valueBytes, concurrency, target, operations } of inRedis) {
    const keys = await keysFor(inMemory, valueBytes)
    await compare({
      name: `Redis: getObject ${valueBytes / KiB} KiB, concurrency ${concurrency}`,
      against: "ioredis getBuffer",
      operations,
      target,
      ours: (count) => spread(count, concurrency, keys, (key) => db.getObject(key)),
      peer: (count) => spread(count, concurrency, keys, (key) => redis.getBuffer(key)),
    })
  }
  for (const { valueBytes, concurrency, target, operations } of onSql) {
    const keys = await keysFor(inSql, valueBytes)
    await compare({
      name: `SQL: getObject ${valueBytes / KiB} KiB, concurrency ${concurrency}`,
      against: "mysql2 execute, 16 connections",
      operations,
      target,
      ours: (count) => spread(count, concurrency, keys, (key) => db.getObject(key)),
      peer: (count) => spread(count, concurrency, keys, (key) => execute(sql, select, [key])),
    })
  }
})
