/**
 * A drill: writes an object of 2 GiB to a SQL server and to Redis and reads it back, each in a process of its own, and tells how
 * much memory that process took. Fails where it is more than 256 MiB.
 *
 *   node bench/large/memory.ts
 *   node bench/large/memory.ts --mebibytes 512
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { open, sharedServers } from "@framedb/testing"
import { run } from "../harness/main.ts"

/** What a process may take, in MiB. */
const allowedMebibytes = 256

interface Measured {
  readonly name: string
  /** The most resident memory, in MiB. */
  readonly peak: number
  /** In MiB a second. */
  readonly rate: number
}

await run("large-memory", async ({ note, table, settings }) => {
  const mebibytes = settings.option("mebibytes") ?? (settings.short ? "16" : "2048")
  const servers = await open(sharedServers)
  const rows: Array<Measured> = []
  for (const [type, url] of [
    ["storage", servers.value.sqlUrl],
    ["in-memory", servers.value.redisUrl],
  ] as const) {
    const worker = fork(new URL("./memoryWorker.ts", import.meta.url), [type, url, mebibytes])
    // The worker sends nothing else.
    worker.on("message", (message) => rows.push(message as Measured))
    const [code] = await once(worker, "exit")
    if (code !== 0) throw new Error(`the worker on ${type} ended with ${code}`)
  }
  await servers.close()
  table(
    [`${mebibytes} MiB`, "most resident memory", "rate"],
    rows.map(({ name, peak, rate }) => [name, `${peak} MiB`, `${rate} MiB/s`]),
  )
  note("Of that memory, Node with the sources loaded takes about 140 MiB before anything is written.")
  const over = rows.find(({ peak }) => peak > allowedMebibytes)
  // The short form shares the machine with others, and has too little to do for the peak to mean much.
  if (over !== undefined && !settings.short)
    throw new Error(`${over.name} took ${over.peak} MiB, more than ${allowedMebibytes}`)
})
