/** Many small objects copied from Redis to a SQL server, against loops over the bare drivers that only read and write. */
import { randomUUID } from "node:crypto"
import { FramedbId, ObjectKey } from "@framedb/core"
import * as Effect from "effect/Effect"
import { run } from "../harness/main.ts"
import { bareConnections, concurrently, instances, openSetting } from "./setting.ts"

const valueBytes = 4096

/** How the best loop over the drivers reads and writes: as large as a batch of ours. */
const bareBatch = 64

await run("large-bulk-copies", async ({ compare, note, settings, table }) => {
  await using setting = await openSetting({ routeCacheEntries: 0, copySettleMillis: 0 })
  const { redis, sql } = setting
  const count = Number(settings.option("objects") ?? (settings.short ? 500 : 10_000))
  const keys = Array.from({ length: count }, () => randomUUID())
  await setting.run((db) =>
    Effect.forEach(
      keys,
      (key, index) => db.setObject({ key, data: new Uint8Array(valueBytes).fill(index), ...instances.r }),
      {
        concurrency: 256,
        discard: true,
      },
    ),
  )
  // Creates the table that is emptied before every measurement.
  await setting.run((db) => db.createBulkBackup(keys.slice(0, 1), "s"))
  await sql.query("CREATE TABLE bare (`key` VARCHAR(255) COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, data LONGBLOB)")
  const insert = (rows: number) =>
    `INSERT INTO bare (\`key\`, data) VALUES ${Array.from({ length: rows }, () => "(?, ?)").join(", ")}`
  const before = async () => {
    await sql.query("TRUNCATE TABLE bare")
    await sql.query("TRUNCATE TABLE data_table")
    const forget = (key: string) => setting.routing.removeCopy(ObjectKey.make(key), FramedbId.make("s"))
    await Effect.runPromise(Effect.forEach(keys, forget, { discard: true }))
  }
  const copyOne = async (index: number) => {
    const key = keys[index] ?? ""
    await sql.execute(insert(1), [key, await redis.getBuffer(key)])
  }
  const copyBatch = async (index: number) => {
    const batch = keys.slice(index * bareBatch, (index + 1) * bareBatch)
    const values = await redis.mgetBuffer(batch)
    await sql.execute(
      insert(batch.length),
      batch.flatMap((key, at) => [key, values[at] ?? null]),
    )
  }
  const ours = async () => {
    const report = await setting.run((db) => db.createBulkBackup(keys, "s"))
    if (report.succeeded !== count) throw new Error(`${report.failed} of ${count} copies failed`)
  }
  const name = `createBulkBackup of ${count} objects of 4 KiB`
  const sequential = async () => {
    for (let index = 0; index < count; index++) await copyOne(index)
  }
  const concurrent = () => concurrently(count, bareConnections, copyOne)
  const batched = () => concurrently(Math.ceil(count / bareBatch), 4, copyBatch)
  const common = { name, operations: 1, before, ours }
  await compare({
    ...common,
    against: "a sequential loop of getBuffer and execute",
    peer: sequential,
    target: 10,
  })
  await compare({
    ...common,
    against: `a loop of getBuffer and execute, ${bareConnections} at once`,
    peer: concurrent,
  })
  await compare({
    ...common,
    against: `a loop of mgetBuffer and multi-row execute, ${bareBatch} keys each, 4 at once`,
    peer: batched,
    target: 0.7,
  })
  const measured = [
    { name: "createBulkBackup", work: ours },
    { name: "one a key, sequential", work: sequential },
    { name: `one a key, ${bareConnections} at once`, work: concurrent },
    { name: `${bareBatch} keys each, 4 at once`, work: batched },
  ]
  const rows: Array<ReadonlyArray<string>> = []
  for (const { name, work } of measured) {
    await before()
    const [began, cpu, serverMillis] = [performance.now(), process.cpuUsage(), await setting.sqlMillis()]
    await work()
    const { user, system } = process.cpuUsage(cpu)
    const spent = [performance.now() - began, (user + system) / 1000, (await setting.sqlMillis()) - serverMillis]
    rows.push([name, ...spent.map((millis) => `${millis.toFixed(0)} ms`)])
  }
  table(["where the time goes", "elapsed", "client's processor", "SQL server's processor"], rows)
  note(
    "Each loop reads every value with GET or MGET and inserts it into a table of the same columns, and no more. Ours also looks the" +
      " routes up, reads every copy back and compares it, registers it, and looks at the primary again; routing is in memory here," +
      " so that the databases are compared and not two HTTP services. The best loop is no 10 times faster than the sequential one:" +
      " what the SQL server needs for its inserts is more than a tenth of that already. Ours ran with copySettleMillis 0, as" +
      " nobody else writes; by default a whole operation takes one second more, however many keys it has.",
  )
})
