/**
 * What an entry of `LfuCache` costs in memory beyond its payload, key included: the growth of the heap and of what lies outside,
 * divided by the entries, once filled and once after three times as many keys went through.
 *
 *   node --expose-gc bench/cache/memory.ts [--short]
 */
import { LfuCache } from "@framedb/cache"
import { LRUCache } from "lru-cache"
import { run } from "../harness/main.ts"

const entryBytes = 1024
const payload = "payload"

const used = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
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

await run("cache-memory", async ({ note, settings, table }) => {
  if (globalThis.gc === undefined) throw new Error("Run with node --expose-gc.")
  const counts = settings.short ? [10_000] : [100_000, 150_000, 200_000]
  // Compiled code is memory too: let it be there before.
  growth(lfu, 20_000, 60_000)
  growth(lru, 20_000, 60_000)
  const row = (name: string, make: (entries: number) => Cache, times: number) => [
    name,
    ...counts.map((entries) => growth(make, entries, entries * times).toFixed(0)),
  ]
  note("Bytes an entry beyond its payload, with a key of 14 characters (32 bytes).")
  table(
    ["", ...counts.map((entries) => `${entries.toLocaleString("en")} entries`)],
    [
      row("LfuCache, filled", lfu, 1),
      row("LfuCache, after evictions", lfu, 3),
      row("lru-cache, filled", lru, 1),
      row("lru-cache, after evictions", lru, 3),
    ],
  )
})
