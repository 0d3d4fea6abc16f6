/**
 * Gets and sets whose routes are not known, against the documented Python flow on the same published-style services:
 * two HTTP calls and the data call, one after the other, each on a new connection.
 *
 *   node bench/objects/cold-routes.ts [--rounds 15] [--short]
 */
import { fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { Agent } from "node:http"
import { fileURLToPath } from "node:url"
import { open, RedisServer } from "@framedb/testing"
import { FrameDBClient } from "framedb"
import type { Compared } from "../harness/compare.ts"
import { run } from "../harness/main.ts"
import { duration } from "../harness/table.ts"
import { bareLookup, bareRegistration, documentedGet, documentedSet } from "./documentedFlow.ts"
import { explainMissed } from "./explain.ts"
import { bytesOf, fill, inMemory, keysOf, spread } from "./setting.ts"

const startServices = async (redisUrl: string): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const instance = { framedb_id: inMemory.framedbId, public_url: redisUrl, local_url: redisUrl, metadata: {} }
  const script = fileURLToPath(new URL("./publishedServices.ts", import.meta.url))
  const child = fork(script, [JSON.stringify({ instances: [instance] })])
  const [url] = await once(child, "message")
  return { url: String(url), stop: () => child.disconnect() }
}

/** Whoever finds out anything about one object, or registers one, makes a call, and the service closes the connection after each. */
const limitOf = (call: Compared): string =>
  `A single bare call of the service takes ${duration(call.oursNanos)} here, without the data and without anything of ours: ` +
  `whoever makes one call an object is at most ${call.ratio.toFixed(1)} times as fast as the documented flow. Look-ups of many keys share a ` +
  "call, which is why concurrent reads are faster than that. Registrations can't: the service has no call that takes more than one."

await run("objects-cold-routes", async (bench) => {
  const { compare } = bench
  await using redis = await open(RedisServer.make())
  const services = await startServices(redis.value.url)
  const { url } = services
  // Nothing is remembered of an object between two calls.
  const options = { clusterUrl: url, routingUrl: url, cacheSizeBytes: 0, routeCacheEntries: 0 }
  await using db = new FrameDBClient(options)
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const keys = keysOf("cold", 200)
  const data = bytesOf(1024)
  const buffer = Buffer.from(data)
  await fill(db, keys, data, inMemory)
  // A process that was profiled is slower afterwards.
  const explanations: Array<() => Promise<void>> = []
  for (const concurrency of [1, 64]) {
    const operations = concurrency === 1 ? 200 : 1_000
    const spreadOver = (operation: (key: string) => Promise<unknown>) => (count: number) =>
      spread(count, concurrency, keys, operation)
    const sides = [
      {
        what: "getObject 1 KiB, cold route",
        bareWhat: "bare look-up of one route",
        ours: spreadOver((key) => db.getObject(key)),
        peer: spreadOver((key) => documentedGet(url, key)),
        bare: spreadOver((key) => bareLookup(url, key, agent)),
      },
      {
        what: "setObject 1 KiB, new key",
        bareWhat: "bare registration of one route",
        ours: spreadOver(() => db.setObject({ key: randomUUID(), data, ...inMemory })),
        peer: spreadOver(() => documentedSet(url, inMemory.framedbId, buffer)),
        bare: spreadOver(() => bareRegistration(url, inMemory.framedbId, agent)),
      },
    ]
    for (const { what, bareWhat, ours, peer, bare } of sides) {
      const against = "documented flow"
      const name = (row: string) => `${row}, concurrency ${concurrency}`
      const compared = await compare({ name: name(what), against, operations, target: 5, ours, peer, isSteady: true })
      if (compared.ratio >= 5) continue
      const call = await compare({ name: name(bareWhat), against, operations, ours: bare, peer, isSteady: true })
      const limit = limitOf(call)
      explanations.push(() => explainMissed(bench, compared, { ours, operations: 3 * operations, limit }))
    }
  }
  for (const explain of explanations) await explain()
  agent.destroy()
  services.stop()
})
