/**
 * Writes of 1 KiB to keys that exist, 64 callers at once, against mysql2: one prepared upsert a key on 16 connections.
 *
 *   node bench/objects/sql-writes.ts [--rounds 15] [--short]
 */
import { type Bench, run } from "../harness/main.ts"
import { explainMissed } from "./explain.ts"
import { bytesOf, execute, fill, inSql, keysOf, openSetting, spread } from "./setting.ts"

const upsert = "INSERT INTO data_table (`key`, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data)"
const concurrency = 64
const operations = 60_000

/** Measures on a server of its own, with the target on one that is as a user's. */
const measure = async (bench: Bench, { isDurable }: { readonly isDurable: boolean }): Promise<void> => {
  await using setting = await openSetting({ isDurable })
  const { db, sql } = setting
  const data = bytesOf(1024)
  const buffer = Buffer.from(data)
  const keys = keysOf("write", 1000)
  await fill(db, keys, data, inSql)
  const ours = (count: number) => spread(count, concurrency, keys, (key) => db.setObject({ key, data, ...inSql }))
  const compared = await bench.compare({
    name: `SQL: setObject 1 KiB, existing key, concurrency ${concurrency}${isDurable ? "" : ", commits not synced"}`,
    against: "mysql2 execute, 16 connections",
    isSteady: true,
    operations: isDurable ? operations / 2 : operations,
    ...(isDurable ? { target: 3 } : {}),
    ours,
    peer: (count) => spread(count, concurrency, keys, (key) => execute(sql, upsert, [key, buffer])),
  })
  const limit = "The server writes row after row, whoever asks."
  await explainMissed(bench, compared, { ours, operations, limit })
}

await run("objects-sql-writes", async (bench) => {
  await measure(bench, { isDurable: true })
  await measure(bench, { isDurable: false })
  bench.note(
    "The server syncs each commit to its disk, which is the default of MySQL and MariaDB and what TiDB always does; the row that says so" +
      " is from one that leaves that to the system (`innodb_flush_log_at_trx_commit=2`).",
  )
})
