/**
 * Writes of 1 KiB to keys that exist, 64 callers at once, against the bare drivers: one `set` a key on one connection, one
 * prepared upsert a key on 16 connections.
 *
 *   node bench/objects/writes.ts [--rounds 15] [--short]
 */
import { run } from "../harness/main.ts"
import { bytesOf, execute, fill, inMemory, inSql, keysOf, openSetting, spread } from "./setting.ts"

const upsert = "INSERT INTO data_table (`key`, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data)"
const concurrency = 64

await run("objects-writes", async ({ compare }) => {
  await using setting = await openSetting()
  const { db, redis, sql } = setting
  const data = bytesOf(1024)
  const buffer = Buffer.from(data)
  const memoryKeys = keysOf("write-memory", 1000)
  await fill(db, memoryKeys, data, inMemory)
  await compare({
    name: `Redis: setObject 1 KiB, existing key, concurrency ${concurrency}`,
    against: "ioredis set",
    isSteady: true,
    operations: 40_000,
    target: 1,
    ours: (count) => spread(count, concurrency, memoryKeys, (key) => db.setObject({ key, data, ...inMemory })),
    peer: (count) => spread(count, concurrency, memoryKeys, (key) => redis.set(key, buffer)),
  })
  const sqlKeys = keysOf("write-sql", 1000)
  await fill(db, sqlKeys, data, inSql)
  await compare({
    name: `SQL: setObject 1 KiB, existing key, concurrency ${concurrency}`,
    against: "mysql2 execute, 16 connections",
    isSteady: true,
    operations: 20_000,
    target: 3,
    ours: (count) => spread(count, concurrency, sqlKeys, (key) => db.setObject({ key, data, ...inSql })),
    peer: (count) => spread(count, concurrency, sqlKeys, (key) => execute(sql, upsert, [key, buffer])),
  })
})
