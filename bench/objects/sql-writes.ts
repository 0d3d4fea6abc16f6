/**
 * Writes of 1 KiB to keys that exist, 64 callers at once, against mysql2: one prepared upsert a key on 16 connections.
 *
 *   node bench/objects/sql-writes.ts [--rounds 15] [--short]
 */
import { run } from "../harness/main.ts"
import { explainMissed } from "./explain.ts"
import { bytesOf, execute, fill, inSql, keysOf, openSetting, spread } from "./setting.ts"

const upsert = "INSERT INTO data_table (`key`, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data)"
const concurrency = 64
const operations = 60_000

await run("objects-sql-writes", async (bench) => {
  await using setting = await openSetting()
  const { db, sql } = setting
  const data = bytesOf(1024)
  const buffer = Buffer.from(data)
  const keys = keysOf("write", 1000)
  await fill(db, keys, data, inSql)
  const ours = (count: number) => spread(count, concurrency, keys, (key) => db.setObject({ key, data, ...inSql }))
  const compared = await bench.compare({
    name: `SQL: setObject 1 KiB, existing key, concurrency ${concurrency}`,
    against: "mysql2 execute, 16 connections",
    isSteady: true,
    operations,
    target: 3,
    ours,
    peer: (count) => spread(count, concurrency, keys, (key) => execute(sql, upsert, [key, buffer])),
  })
  const limit = "The server writes row after row, whoever asks."
  await explainMissed(bench, compared, { ours, operations, limit })
})
