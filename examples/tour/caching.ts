/** The cache and the sharing of reads. */
import assert from "node:assert/strict"
import type { FrameDBClient } from "framedb"
import { duration, type Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

const keyCount = 200
const readCount = 20_000

/** Skewed as the reads of real programs are: a few keys get most of them. */
const skewedKey = (index: number) => {
  const spread = ((index * 2_654_435_761) % 4_294_967_296) / 4_294_967_296
  return `tour/hot/${Math.floor(keyCount * spread ** 3)}`
}

/** The lesson. */
export const caching = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  guide.chapter(
    "The cache",
    "In this process, bounded in bytes, by frequency. A hit needs no network, no fiber and no await but your own.",
  )
  const data = new Uint8Array(1_024)
  const place = { framedbId: instances.memory, type: "in-memory" } as const
  const keys = Array.from({ length: keyCount }, (_, index) => `tour/hot/${index}`)
  await Promise.all(keys.map((key) => db.setObject({ key, data, ...place })))
  const before = await db.cacheStats()
  const millis = await guide.step(
    `getObject × ${readCount.toLocaleString("en")}, one after the other`,
    async () => {
      const start = performance.now()
      for (let index = 0; index < readCount; index++) await db.getObject(skewedKey(index))
      return performance.now() - start
    },
    (all) => `${duration(all / readCount)} each, a copy of the bytes included`,
  )
  assert.ok(millis > 0)
  const after = await db.cacheStats()
  const hits = after.hits - before.hits
  const misses = after.misses - before.misses
  assert.ok(hits + misses >= readCount)
  await Promise.all(keys.map((key) => db.deleteObject(key)))
  guide.table(
    ["hits", "misses", "entries", "bytes in use", "of at most"],
    [[hits, misses, after.entries, after.sizeBytes.toLocaleString("en"), after.maxBytes.toLocaleString("en")]],
  )
}
