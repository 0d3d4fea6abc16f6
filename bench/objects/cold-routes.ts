/**
 * Gets and sets whose routes are not known, against the documented Python flow on the same published-style services:
 * two HTTP calls and the data call, one after the other, each on a new connection.
 *
 *   node bench/objects/cold-routes.ts [--rounds 15] [--short]
 */
import { fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { open, RedisServer } from "@framedb/testing"
import { FrameDBClient } from "framedb"
import { run } from "../harness/main.ts"
import { documentedGet, documentedSet } from "./documentedFlow.ts"
import { bytesOf, fill, inMemory, keysOf, spread } from "./setting.ts"

const startServices = async (redisUrl: string): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const instance = { framedb_id: inMemory.framedbId, public_url: redisUrl, local_url: redisUrl, metadata: {} }
  const script = fileURLToPath(new URL("./publishedServices.ts", import.meta.url))
  const child = fork(script, [JSON.stringify({ instances: [instance] })])
  const [url] = await once(child, "message")
  return { url: String(url), stop: () => child.disconnect() }
}

await run("objects-cold-routes", async ({ compare }) => {
  await using redis = await open(RedisServer.make())
  const services = await startServices(redis.value.url)
  const { url } = services
  // Nothing is remembered of an object between two calls.
  const options = { clusterUrl: url, routingUrl: url, cacheSizeBytes: 0, routeCacheEntries: 0 }
  await using db = new FrameDBClient(options)
  const keys = keysOf("cold", 200)
  const data = bytesOf(1024)
  const buffer = Buffer.from(data)
  await fill(db, keys, data, inMemory)
  for (const concurrency of [1, 64]) {
    const operations = concurrency === 1 ? 200 : 1_000
    await compare({
      name: `getObject 1 KiB, cold route, concurrency ${concurrency}`,
      against: "documented flow",
      operations,
      target: 5,
      ours: (count) => spread(count, concurrency, keys, (key) => db.getObject(key)),
      peer: (count) => spread(count, concurrency, keys, (key) => documentedGet(url, key)),
    })
    await compare({
      name: `setObject 1 KiB, new key, concurrency ${concurrency}`,
      against: "documented flow",
      operations,
      target: 5,
      ours: (count) => spread(count, concurrency, keys, () => db.setObject({ key: randomUUID(), data, ...inMemory })),
      peer: (count) => spread(count, concurrency, keys, () => documentedSet(url, inMemory.framedbId, buffer)),
    })
  }
  services.stop()
})
