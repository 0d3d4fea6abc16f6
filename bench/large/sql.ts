/** One large object to and from a SQL server, against bare `execute`s of the same chunks, as many at once. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { run } from "../harness/main.ts"
import { whereTimeGoes } from "../harness/whereTimeGoes.ts"
import { concurrently, instances, openSetting } from "./setting.ts"

const mebibyte = 1024 * 1024
const chunk = Buffer.alloc(mebibyte).map((_, index) => index * 31 + (index >> 8))
const inFlight = 4

await run("large-sql", async ({ compare, note, table, settings }) => {
  await using setting = await openSetting()
  const { sql } = setting
  const mebibytes = Number(settings.option("mebibytes") ?? (settings.short ? 16 : 1024))
  await sql.query("CREATE TABLE bare (id BINARY(16) NOT NULL PRIMARY KEY, data LONGBLOB NOT NULL)")
  const ids = Array.from({ length: mebibytes }, () => crypto.getRandomValues(Buffer.alloc(16)))
  let peakBytes = 0
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }, 50)
  const clean = async () => {
    await sql.query("TRUNCATE TABLE bare")
    await setting.run((db) => Effect.andThen(db.deleteObject("large"), db.collectGarbage(instances.s)))
    await sql.query("OPTIMIZE TABLE framedb_chunks").catch(() => {})
  }
  const write = () => {
    const body = Stream.map(Stream.range(1, mebibytes), () => chunk)
    return setting.run((db) => db.writeObject("large", body, instances.s))
  }
  const bareWrite = () =>
    concurrently(mebibytes, inFlight, (index) =>
      sql.execute("INSERT INTO bare (id, data) VALUES (?, ?)", [ids[index] ?? null, chunk]),
    )
  await compare({
    name: `writeObject of ${mebibytes} MiB`,
    against: "bare execute, 1 MiB each, 4 at once",
    operations: 1,
    before: clean,
    ours: async () => void (await write()),
    peer: bareWrite,
    target: 0.8,
  })
  const rows: Array<ReadonlyArray<string>> = []
  for (const [name, work] of [
    ["writeObject", write],
    ["bare execute", bareWrite],
  ] as const) {
    await clean()
    const serverBefore = await setting.sqlMillis()
    const shares = await whereTimeGoes(async () => void (await work()), mebibytes)
    const server = ((await setting.sqlMillis()) - serverBefore) / mebibytes
    rows.push([name, "the SQL server", `${server.toFixed(2)} ms`, ""])
    for (const { who, nanos, most } of shares.slice(0, 6))
      rows.push([name, who, `${(nanos / 1e6).toFixed(2)} ms`, most])
  }
  table(["where the time of a write goes", "who", "a MiB", "most of it in"], rows)
  note(
    "What Node takes more of in ours is the SHA-256 of the whole (`update`) and the checksum of each chunk, on the thread that also" +
      " sends: a digest of one stream can't be split among threads, and here the server has the other of two cores.",
  )
  await clean()
  await write()
  await bareWrite()
  const read = (db: Parameters<Parameters<typeof setting.run>[0]>[0]) =>
    Effect.flatMap(db.readObject("large"), ({ stream }) =>
      Stream.runFold(
        stream,
        () => 0,
        (bytes, piece) => bytes + piece.byteLength,
      ),
    )
  await compare({
    name: `readObject of ${mebibytes} MiB`,
    against: "bare execute, 1 MiB each, 4 at once",
    operations: 1,
    ours: async () => {
      if ((await setting.run(read)) !== mebibytes * mebibyte) throw new Error("what was read is not whole")
    },
    peer: () =>
      concurrently(mebibytes, inFlight, (index) =>
        sql.execute("SELECT data FROM bare WHERE id = ?", [ids[index] ?? null]),
      ),
    target: 0.8,
  })
  clearInterval(watch)
  note(`Most resident memory of the client during all of it, peers included: ${Math.round(peakBytes / mebibyte)} MiB.`)
})
