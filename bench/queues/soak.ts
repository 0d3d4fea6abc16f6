/**
 * 100,000 messages, 4 listener processes, two of them killed with SIGKILL at random moments, and Redis killed and
 * restarted once: counts what was handled, lost, repeated and out of order. A listener that lost its connection gives back what it
 * can't know it was given, and another listener may get that after later messages; a lone listener gets everything in order.
 *
 *   node bench/queues/soak.ts             100,000 messages
 *   node bench/queues/soak.ts --short     3,000, in some ten seconds
 */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import { framedbId, openQueues } from "./setting.ts"

const isShort = process.argv.includes("--short")
const count = isShort ? 3_000 : 100_000
const workerCount = 4
const killCount = 2
/** What one process may hold: a batch in its hands, and one whose acknowledgement is under way. */
const maxInFlight = 2 * 512
const deadlineMillis = 120_000

/** What the workers told: how often each message was handled, and how many first deliveries came out of order. */
class Tally {
  readonly handled = new Uint8Array(count)
  distinct = 0
  total = 0
  outOfOrder = 0

  /** Each worker's first deliveries rise, since one publisher published in order. */
  follow(child: ChildProcess): void {
    let rest = ""
    let last = -1
    child.stdout?.on("data", (chunk) => {
      const lines = (rest + String(chunk)).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) {
        const [index = -1, attempts = 0] = line.split(" ").map(Number)
        if (this.handled[index] === 0) this.distinct++
        this.handled[index] = (this.handled[index] ?? 0) + 1
        this.total++
        if (attempts > 1) continue
        if (index < last) this.outOfOrder++
        last = index
      }
    })
  }
}

const startWorker = (url: string, tally: Tally) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const script = fileURLToPath(new URL("soakWorker.ts", import.meta.url))
      const child = spawn(process.execPath, [script, url], { stdio: ["ignore", "pipe", "inherit"] })
      tally.follow(child)
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )

const reached = (tally: Tally, share: number) =>
  Effect.promise(async () => {
    const deadline = performance.now() + deadlineMillis
    while (tally.distinct < share * count && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

const program = Effect.gen(function* () {
  const server = yield* RedisServer.make({ appendOnly: true })
  const queues = yield* openQueues(server.url)
  const tally = new Tally()
  const began = performance.now()
  const workers = yield* Effect.forEach(Array.from({ length: workerCount }), () => startWorker(server.url, tally))
  yield* Effect.forkScoped(
    Effect.forEach(
      Array.from({ length: count }, (_, index) => index),
      (index) => queues.publish("soak", Buffer.from(String(index)), { framedbId }),
      { concurrency: 64, discard: true },
    ),
  )
  for (let kill = 0; kill < killCount; kill++) {
    yield* reached(tally, (kill + Math.random()) / (killCount + 1))
    workers[kill]?.kill("SIGKILL")
    console.log(`killed a worker at ${tally.distinct.toLocaleString("en")} messages`)
  }
  yield* reached(tally, killCount / (killCount + 1))
  yield* server.kill
  console.log(`killed Redis at ${tally.distinct.toLocaleString("en")} messages`)
  yield* server.restart
  yield* reached(tally, 1)
  yield* Effect.sleep("1 second")
  const duplicates = tally.total - tally.distinct
  // Of the killed, what they held; of the others, what Redis had not heard they had handled.
  const bound = workerCount * maxInFlight
  const verdict = (isGood: boolean) => (isGood ? "yes" : "NO")
  console.log(`\n${count.toLocaleString("en")} messages in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  console.log(`  handled at least once  ${tally.distinct.toLocaleString("en")}`)
  console.log(`  lost                   ${count - tally.distinct}, none: ${verdict(tally.distinct === count)}`)
  console.log(`  repeated               ${duplicates}, at most the ${bound} in flight: ${verdict(duplicates <= bound)}`)
  console.log(`  first deliveries out of order for one listener  ${tally.outOfOrder}`)
  console.log(`  left in the queue      ${JSON.stringify(yield* queues.queueInfo("soak", framedbId))}`)
  if (tally.distinct < count || duplicates > bound) process.exitCode = 1
})

await Effect.runPromise(Effect.scoped(program))
