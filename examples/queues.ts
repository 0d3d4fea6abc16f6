/**
 * A producer and three workers, one of which is killed in the middle of its work: every order is handled.
 *
 * Starts a cluster of its own: Redis, a SQL server and the routing service. Run it with `node examples/queues.ts`.
 */
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { LocalCluster } from "@framedb/testing"
import * as Context from "effect/Context"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { FrameDBClient } from "framedb"

const framedbId = "redis-1"
const queue = "orders"
const count = 300

const servers = ManagedRuntime.make(LocalCluster.layer())
const { clusterUrl, routingUrl } = Context.get(await servers.context(), LocalCluster.LocalCluster)
const db = new FrameDBClient({ clusterUrl, routingUrl })

const handled = new Map<string, number>()
const byWorker = new Map<string, number>()
const arrival = new EventTarget()

const startWorker = (name: string): ChildProcess => {
  const script = fileURLToPath(new URL("queues/worker.ts", import.meta.url))
  const env = { ...process.env, FRAMEDB_CLUSTER_URL: clusterUrl, FRAMEDB_ROUTING_URL: routingUrl }
  const child = spawn(process.execPath, [script, name, queue, framedbId], { env, stdio: ["ignore", "pipe", "inherit"] })
  let rest = ""
  child.stdout?.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const order = /order \d+/.exec(line)?.[0] ?? line
      handled.set(order, (handled.get(order) ?? 0) + 1)
      byWorker.set(name, (byWorker.get(name) ?? 0) + 1)
    }
    arrival.dispatchEvent(new Event("orders"))
  })
  return child
}

const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await once(arrival, "orders", { signal: AbortSignal.timeout(30_000) })
}

const [first, ...others] = ["Ada", "Grace", "Edsger"].map(startWorker)
assert(first !== undefined)
console.log(`three workers, and a producer of ${count} orders`)

const orders = Array.from({ length: count }, (_, index) => `order ${index + 1}`)
await Promise.all(
  orders.map((order) =>
    db.publish(queue, new TextEncoder().encode(order), { framedbId, headers: { shop: "example" } }),
  ),
)

await until(() => handled.size > count / 3)
first.kill("SIGKILL")
console.log(`Ada is killed after ${byWorker.get("Ada") ?? 0} orders, with more in her hands`)

await until(() => handled.size === count)
const repeated = [...handled.values()].reduce((sum, times) => sum + times - 1, 0)
for (const [name, orders] of byWorker) console.log(`${name.padEnd(7)} handled ${orders}`)
console.log(`${handled.size} of ${count} orders handled, ${repeated} of them more than once`)

for (const worker of others) {
  worker.kill("SIGTERM")
  await once(worker, "exit")
}
// Stopped workers have acknowledged what they handled, and given back the rest.
const info = await db.queueInfo(queue, framedbId)
console.log(`left in the queue: ${info.length}`)
assert.equal(info.length, 0)

await db.close()
await servers.dispose()
