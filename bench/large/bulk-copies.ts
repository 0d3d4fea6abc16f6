/** Many small objects copied from Redis to a SQL server, against loops over the bare drivers that only read and write. */
import { randomUUID } from "node:crypto"
import { FramedbId, ObjectKey } from "@framedb/core"
import * as Effect from "effect/Effect"
import { concurrently } from "../harness/concurrently.ts"
import { type Bench, run } from "../harness/main.ts"
import { bareConnections, instances, openSetting, type Setting } from "./setting.ts"

const valueBytes = 4096

/** How the best loop over the drivers reads and writes: as large as a batch of ours. */
const bareBatch = 256

/** One way to copy, as the tables name it. */
interface Way {
  readonly name: string
  readonly work: () => Promise<void>
}

const insert = (rows: number): string =>
  `INSERT INTO bare (\`key\`, data) VALUES ${Array.from({ length: rows }, () => "(?, ?)").join(", ")}`

/** Sets the objects, and creates both tables alike. */
const fill = async ({ run, sql }: Setting, keys: ReadonlyArray<string>): Promise<void> => {
  const set = keys.map((key, index) => ({ key, data: new Uint8Array(valueBytes).fill(index), ...instances.r }))
  await run((db) => Effect.forEach(set, (object) => db.setObject(object), { concurrency: 256, discard: true }))
  await run((db) => db.createBulkBackup(keys.slice(0, 1), "s"))
  await sql.query("CREATE TABLE bare LIKE data_table")
}

/** Forgets every copy: each measurement begins with empty tables and objects that have no copies. */
const forgetting =
  ({ routing, sql }: Setting, keys: ReadonlyArray<string>) =>
  async (): Promise<void> => {
    await sql.query("TRUNCATE TABLE bare")
    await sql.query("TRUNCATE TABLE data_table")
    const forget = (key: string) => routing.removeCopy(ObjectKey.make(key), FramedbId.make("s"))
    await Effect.runPromise(Effect.forEach(keys, forget, { discard: true }))
  }

const waysOf = ({ redis, run, sql }: Setting, keys: ReadonlyArray<string>) => {
  const copyOne = async (index: number) => {
    const key = keys[index] ?? ""
    await sql.execute(insert(1), [key, await redis.getBuffer(key)])
  }
  const batched = (all: ReadonlyArray<string>) =>
    concurrently(Math.ceil(all.length / bareBatch), 4, async (index) => {
      const batch = all.slice(index * bareBatch, (index + 1) * bareBatch)
      const values = await redis.mgetBuffer([...batch])
      await sql.execute(
        insert(batch.length),
        batch.flatMap((key, at) => [key, values[at] ?? null]),
      )
    })
  const ours = async () => {
    const report = await run((db) => db.createBulkBackup(keys, "s"))
    if (report.succeeded !== keys.length) throw new Error(`${report.failed} of ${keys.length} copies failed`)
  }
  const many = `mgetBuffer and multi-row execute, ${bareBatch} keys each, 4 at once`
  return {
    ours: { name: "createBulkBackup", work: ours },
    sequential: {
      name: "a sequential loop of getBuffer and execute",
      work: () => concurrently(keys.length, 1, copyOne),
    },
    concurrent: {
      name: `a loop of getBuffer and execute, ${bareConnections} at once`,
      work: () => concurrently(keys.length, bareConnections, copyOne),
    },
    batched: { name: `a loop of ${many}`, work: () => batched(keys) },
    sorted: { name: `a loop of ${many}, keys sorted first`, work: () => batched(keys.toSorted()) },
  } satisfies Record<string, Way>
}

/** Adds a table of the processor time that each way takes, in this process and in the SQL server. */
const explain = async ({ table }: Bench, setting: Setting, ways: ReadonlyArray<Way>, before: () => Promise<void>) => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const { name, work } of ways) {
    await before()
    const [began, cpu, serverMillis] = [performance.now(), process.cpuUsage(), await setting.sqlMillis()]
    await work()
    const { user, system } = process.cpuUsage(cpu)
    const spent = [performance.now() - began, (user + system) / 1000, (await setting.sqlMillis()) - serverMillis]
    rows.push([name, ...spent.map((millis) => `${millis.toFixed(0)} ms`)])
  }
  table(["where the time goes", "elapsed", "client's processor", "SQL server's processor"], rows)
}

/** Measures on a server of its own, with the targets on one that is as a user's. */
const measure = async (bench: Bench, { isDurable }: { readonly isDurable: boolean }): Promise<void> => {
  await using setting = await openSetting({ isDurable, routeCacheEntries: 0, copySettleMillis: 0 })
  const { settings } = bench
  const keys = Array.from({ length: Number(settings.option("objects") ?? (settings.short ? 500 : 10_000)) }, () =>
    randomUUID(),
  )
  await fill(setting, keys)
  const before = forgetting(setting, keys)
  const ways = waysOf(setting, keys)
  const name = `createBulkBackup of ${keys.length} objects of 4 KiB${isDurable ? "" : ", commits not synced"}`
  const against = ({ name: peer, work }: Way, target?: number) =>
    bench.compare({
      name,
      against: peer,
      operations: 1,
      before,
      ours: ways.ours.work,
      peer: work,
      ...(target === undefined || !isDurable ? {} : { target }),
    })
  await against(ways.sorted)
  await against(ways.batched, 0.7)
  if (isDurable) await against(ways.concurrent)
  await against(ways.sequential, 10)
  if (isDurable) await explain(bench, setting, Object.values(ways), before)
}

await run("large-bulk-copies", async (bench) => {
  await measure(bench, { isDurable: true })
  await measure(bench, { isDurable: false })
  bench.note(
    "The server syncs each commit to its disk, which is the default of MySQL and MariaDB and what TiDB always does; the rows that say so" +
      " are from one that leaves that to the system (`innodb_flush_log_at_trx_commit=2`).",
  )
  bench.note(
    "Each loop reads every value with GET or MGET and inserts it into a table of the same columns, and no more. Ours also looks the" +
      " routes up, has the server digest every copy and compares, registers it, and reads the primary again; routing is in memory" +
      " here, so that the databases are compared and not two HTTP services. Keys are random UUIDs. Ours puts them in order, since" +
      " rows that come in the order of the primary key are appended, and others are put between: a loop that knows this gains as much." +
      " Ours ran with copySettleMillis 0, as nobody else writes; by default a whole operation takes one second more, however many" +
      " keys it has.",
  )
})
