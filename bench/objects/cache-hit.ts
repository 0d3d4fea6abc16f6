/**
 * A hit of the client's cache, with bytes that are the caller's own, against `cacheable` in memory holding the same values.
 *
 *   node bench/objects/cache-hit.ts [--rounds 15] [--short]
 */
import { Cacheable } from "cacheable"
import { FrameDBClient } from "framedb"
import { run } from "../harness/main.ts"
import { bytesOf, fill, inMemory, keysOf, spread } from "./setting.ts"

await run("objects-cache-hit", async ({ compare }) => {
  await using db = FrameDBClient.memory()
  const keys = keysOf("hit", 1000)
  await fill(db, keys, bytesOf(1024), inMemory)
  const cacheable = new Cacheable()
  for (const key of keys) await cacheable.set(key, await db.getObject(key))
  await compare({
    name: "getObject 1 KiB, cache hit",
    against: "cacheable get",
    operations: 50_000,
    target: 10,
    ours: (operations) => spread(operations, 1, keys, (key) => db.getObject(key)),
    peer: (operations) => spread(operations, 1, keys, (key) => cacheable.get(key)),
  })
})
