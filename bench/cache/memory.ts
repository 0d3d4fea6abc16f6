/**
 * What an entry of `LfuCache` costs in memory beyond its payload, key included: the growth of the heap and of what lies outside,
 * divided by the entries, once filled and once after three times as many keys went through.
 *
 *   node bench/cache/memory.ts [--short]
 */
import { LfuCache } from "@framedb/cache"
import { LRUCache } from "lru-cache"
import { collectGarbage } from "../harness/collectGarbage.ts"
import { run } from "../harness/main.ts"

const entryBytes = 1024
const payload = "payload"

const used = (): number => {
  collectGarbage()
  collectGarbage()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** A key as it comes from outside: a string of its own, which nobody else holds. */
const keyOf = (index: number): string => Buffer.from(`object-${1_000_000 + index}`).toString("latin1")

interface Cache {
  readonly size: number
  readonly set: (key: string) => void
}

const lfu = (entries: number): Cache => {
  const cache = new LfuCache<string, string>({ maxBytes: entries * entryBytes })
  return {
    get size() {
      return cache.size
    },
    set: (key) => cache.set(key, payload, entryBytes),
  }
}

const lru = (entries: number): Cache => {
  const cache = new LRUCache<string, string>({ maxSize: entries * entryBytes })
  return {
    get size() {
      return cache.size
    },
    set: (key) => cache.set(key, payload, { size: entryBytes }),
  }
}

/** Sets each key twice, as newcomers that are never asked for again are soon refused. */
const growth = (make: (entries: number) => Cache, entries: number, keys: number): number => {
  const before = used()
  const cache = make(entries)
  for (let index = 0; index < keys; index++) {
    cache.set(keyOf(index))
    if (index % 2 === 0) cache.set(keyOf(index >> 1))
  }
  return (used() - before) / cache.size
}

/** Just above a power of two is where a table of hashes has most places to spare. */
const counts = [10_000, 50_000, 100_000, 131_073, 150_000, 200_000]

/** What is allowed on average, in bytes. */
const allowedBytes = 200

await run("cache-memory", async ({ figures, note, settings, table }) => {
  const measured = settings.short ? [10_000] : counts
  // Compiled code is memory too: let it be there before.
  growth(lfu, 20_000, 60_000)
  growth(lru, 20_000, 60_000)
  const row = (make: (entries: number) => Cache, times: number) =>
    measured.map((entries) => growth(make, entries, entries * times))
  const rows = {
    "LfuCache, filled": row(lfu, 1),
    "LfuCache, after evictions": row(lfu, 3),
    "lru-cache, filled": row(lru, 1),
    "lru-cache, after evictions": row(lru, 3),
  }
  note("Bytes an entry beyond its payload, with a key of 14 characters (32 bytes).")
  table(
    ["", ...measured.map((entries) => `${entries.toLocaleString("en")} entries`)],
    Object.entries(rows).map(([name, bytes]) => [name, ...bytes.map((value) => value.toFixed(0))]),
  )
  const most = Math.max(...rows["LfuCache, filled"], ...rows["LfuCache, after evictions"])
  figures([
    {
      name: "bytes an entry of LfuCache, its key included, at worst",
      against: "",
      value: most,
      text: most.toFixed(0),
      target: { most: allowedBytes },
    },
  ])
})
