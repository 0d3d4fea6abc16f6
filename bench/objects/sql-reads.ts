/**
 * Reads from a SQL server without a cache, with warm routes, against mysql2: one prepared `SELECT` a key on 16 connections.
 *
 *   node bench/objects/sql-reads.ts [--rounds 15] [--short]
 */
import { run } from "../harness/main.ts"
import { compareReads } from "./comparingReads.ts"
import { execute, inSql, openSetting } from "./setting.ts"

const KiB = 1024
const select = "SELECT data FROM data_table WHERE `key` = ?"

const readings = [
  { valueBytes: KiB, concurrency: 1, target: 0.9, operations: 4_000 },
  { valueBytes: KiB, concurrency: 64, target: 5, operations: 80_000 },
  { valueBytes: 64 * KiB, concurrency: 64, target: 0.95, operations: 2_000 },
]

await run("objects-sql-reads", async (bench) => {
  await using setting = await openSetting()
  const read = (key: string) => execute(setting.sql, select, [key])
  const driver = { backend: "SQL", name: "mysql2 execute, 16 connections", place: inSql, read }
  await compareReads(bench, setting, driver, readings)
})
