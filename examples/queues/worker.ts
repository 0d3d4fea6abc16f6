// A worker of the example, in a process of its own: handles orders until it is stopped, or killed.
import { writeSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { FrameDBClient } from "framedb"

const [name = "worker", queue = "orders", framedbId = "redis-1"] = process.argv.slice(2)

const stopped = new AbortController()
process.once("SIGTERM", () => stopped.abort(new Error("stopped")))

// Which cluster: FRAMEDB_CLUSTER_URL and FRAMEDB_ROUTING_URL say.
await using db = FrameDBClient.fromEnvironment()

const messages = db.listenForStreamData(queue, framedbId, {
  // What a killed worker held is given to another one after so long. The default is 30 s.
  visibilityTimeoutMillis: 1_000,
  batchSize: 16,
  signal: stopped.signal,
})

try {
  for await (const message of messages) {
    await sleep(5)
    writeSync(1, `${name} handled ${new TextDecoder().decode(message.data)} (delivery ${message.attempts})\n`)
    // Coming back for the next message acknowledges this one. A throw would give it back.
  }
} catch (error) {
  if (!stopped.signal.aborted) throw error
}
