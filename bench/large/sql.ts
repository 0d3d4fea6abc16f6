/** One large object to and from a SQL server, against bare `execute`s of the same chunks, as many at once. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { concurrently } from "../harness/concurrently.ts"
import { type Bench, run } from "../harness/main.ts"
import { watchMemory } from "../harness/watchMemory.ts"
import { whereTimeGoes } from "../harness/whereTimeGoes.ts"
import { instances, openSetting, type Setting } from "./setting.ts"

const mebibyte = 1024 * 1024
const chunk = Buffer.alloc(mebibyte).map((_, index) => index * 31 + (index >> 8))
const inFlight = 4
const against = `bare execute, 1 MiB each, ${inFlight} at once`

/** The most parts of a profile that say anything. */
const mostShares = 6

/** What both sides do, and how what they have written is removed. */
type Work = Readonly<Record<"write" | "bareWrite" | "read" | "bareRead" | "clean", () => Promise<void>>>

const workOn = ({ run, sql }: Setting, mebibytes: number): Work => {
  const ids = Array.from({ length: mebibytes }, () => crypto.getRandomValues(Buffer.alloc(16)))
  const body = Stream.map(Stream.range(1, mebibytes), () => chunk)
  const count = (bytes: number, piece: Uint8Array) => bytes + piece.byteLength
  return {
    write: async () => void (await run((db) => db.writeObject("large", body, instances.s))),
    bareWrite: () =>
      concurrently(mebibytes, inFlight, (index) =>
        sql.execute("INSERT INTO bare (id, data) VALUES (?, ?)", [ids[index] ?? null, chunk]),
      ),
    read: async () => {
      const bytes = await run((db) =>
        Effect.flatMap(db.readObject("large"), ({ stream }) => Stream.runFold(stream, () => 0, count)),
      )
      if (bytes !== mebibytes * mebibyte) throw new Error("what was read is not whole")
    },
    bareRead: () =>
      concurrently(mebibytes, inFlight, (index) =>
        sql.execute("SELECT data FROM bare WHERE id = ?", [ids[index] ?? null]),
      ),
    clean: async () => {
      await sql.query("TRUNCATE TABLE bare")
      await run((db) => Effect.andThen(db.deleteObject("large"), db.collectGarbage(instances.s)))
      await sql.query("OPTIMIZE TABLE framedb_chunks").catch(() => {})
    },
  }
}

/** Adds tables of where the processor time of a MiB goes. A process that was profiled is slower afterwards. */
const explain = async ({ table }: Bench, setting: Setting, { bareWrite, clean, write }: Work, mebibytes: number) => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const [name, work] of [
    ["writeObject", write],
    ["bare execute", bareWrite],
  ] as const) {
    await clean()
    const serverBefore = await setting.sqlMillis()
    const shares = await whereTimeGoes(work, mebibytes)
    const server = ((await setting.sqlMillis()) - serverBefore) / mebibytes
    rows.push([name, "the SQL server", `${server.toFixed(2)} ms`, ""])
    for (const { who, nanos, most } of shares.slice(0, mostShares))
      rows.push([name, who, `${(nanos / 1e6).toFixed(2)} ms`, most])
  }
  table(["where the time of a write goes", "who", "a MiB", "most of it in"], rows)
}

const measureWrites = async ({ compare }: Bench, { bareWrite, clean, write }: Work, name: string, target?: number) =>
  compare({
    name,
    against,
    operations: 1,
    before: clean,
    ours: write,
    peer: bareWrite,
    ...(target === undefined ? {} : { target }),
  })

const measureReads = async ({ compare }: Bench, { bareRead, bareWrite, clean, read, write }: Work, name: string) => {
  await clean()
  await write()
  await bareWrite()
  await compare({ name, against, operations: 1, ours: read, peer: bareRead, target: 0.8 })
}

const createBare = "CREATE TABLE bare (id BINARY(16) NOT NULL PRIMARY KEY, data LONGBLOB NOT NULL)"

await run("large-sql", async (bench) => {
  const { note, settings } = bench
  using memory = watchMemory()
  const mebibytes = Number(settings.option("mebibytes") ?? (settings.short ? 16 : 1024))
  await using durable = await openSetting()
  await durable.sql.query(createBare)
  const work = workOn(durable, mebibytes)
  await measureWrites(bench, work, `writeObject of ${mebibytes} MiB`, 0.8)
  await measureReads(bench, work, `readObject of ${mebibytes} MiB`)
  await using relaxed = await openSetting({ isDurable: false })
  await relaxed.sql.query(createBare)
  await measureWrites(bench, workOn(relaxed, mebibytes), `writeObject of ${mebibytes} MiB, commits not synced`)
  const peakBytes = memory.peakBytes()
  await explain(bench, durable, work, mebibytes)
  note(
    "What Node takes more of in ours is the SHA-256 of the whole (`update`) and the checksum of each chunk. It pays for them with the" +
      " copy that the driver makes of every statement's parameters: chunks go to the socket from where they lie, so that there is" +
      " no garbage of their size. The server syncs each commit to its disk, as all do by default; in the row that says so it leaves" +
      " that to the system.",
  )
  note(
    `Most resident memory of the client while it was measured, peers included: ${Math.round(peakBytes / mebibyte)} MiB.`,
  )
})
