/**
 * A drill: writes an object of 2 GiB to a SQL server, to Redis and to S3 and reads it back, each in a process of its own that
 * has the packages as they are published, and tells how much memory that process took. More than 256 MiB is a missed target,
 * and fails after the page is written.
 *
 *   node bench/large/memory.ts
 *   node bench/large/memory.ts --mebibytes 512
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { open, sharedServers } from "@framedb/testing"
import { startS3Process } from "../backups/startS3Process.ts"
import { run } from "../harness/main.ts"
import { publishedFiles } from "./publishedFiles.ts"

/** What a process may take, in MiB. */
const allowedMebibytes = 256

/** A bound on the part of V8's heap that new values are made in: 2 MiB instead of 16. */
const smallYouth = "--max-semi-space-size=2"

interface Measured {
  readonly name: "write" | "read"
  /** The most resident memory, in MiB. */
  readonly peak: number
  /** In MiB a second. */
  readonly rate: number
}

interface Place {
  readonly argument: "storage" | "in-memory" | "s3"
  readonly name: string
  readonly url: string
}

/** Writes and reads in a process of its own. */
const measure = async (
  file: string,
  { argument, url }: Place,
  mebibytes: string,
  execArgv: Array<string>,
): Promise<ReadonlyArray<Measured>> => {
  const measured: Array<Measured> = []
  const worker = fork(file, [argument, url, mebibytes], { execArgv })
  // The worker sends nothing else.
  worker.on("message", (message) => measured.push(message as Measured))
  const [code] = await once(worker, "exit")
  if (code !== 0 || measured.length !== 2) throw new Error(`the worker on ${argument} ended with ${code}`)
  return measured
}

await run("large-memory", async ({ figures, note, table, settings }) => {
  const mebibytes = settings.option("mebibytes") ?? (settings.short ? "16" : "2048")
  using files = publishedFiles(["memoryWorker.ts", "memoryOfDatabase.ts", "memoryOfS3.ts"])
  const servers = await open(sharedServers)
  const s3 = await startS3Process()
  const places: ReadonlyArray<Place> = [
    { argument: "storage", name: "SQL", url: servers.value.sqlUrl },
    { argument: "in-memory", name: "Redis", url: servers.value.redisUrl },
    { argument: "s3", name: "S3", url: s3.endpoint },
  ]
  const rows: Array<Measured & { readonly place: string }> = []
  for (const place of places) {
    for (const flag of settings.short ? [""] : ["", smallYouth]) {
      const measured = await measure(files.pathOf("memoryWorker.ts"), place, mebibytes, flag === "" ? [] : [flag])
      const name = flag === "" ? place.name : `${place.name}, node ${flag}`
      rows.push(...measured.map((each) => ({ ...each, place: name })))
    }
  }
  await s3.stop()
  await servers.close()
  figures(
    rows.map(({ name, peak, place }) => ({
      name: `most resident memory, ${name} of ${mebibytes} MiB`,
      against: place,
      value: peak,
      text: `${peak} MiB`,
      target: { most: allowedMebibytes },
    })),
  )
  table(
    [`${mebibytes} MiB`, "rate"],
    rows.map(({ name, place, rate }) => [`${name}, ${place}`, `${rate} MiB/s`]),
  )
  note(
    "Of that memory, Node with the packages loaded takes about 120 MiB before anything is written. FrameDB itself holds a few" +
      " chunks. The rest is V8's heap, mostly room for new values, and buffers that are garbage and not yet collected. A" +
      ` process that has to be smaller is started with \`${smallYouth}\`, which bounds the first of these.`,
  )
  const isOver = rows.some(({ peak }) => peak > allowedMebibytes)
  // The short form shares the machine with others, and has too little to do for the peak to mean much.
  if (isOver && !settings.short) process.exitCode = 1
})
