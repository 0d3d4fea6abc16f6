/**
 * The speed of `LfuCache` against lru-cache 11 with `maxSize`: hits under Zipf 0.99 over a million keys, inserts that evict, and
 * both together as a cache is used.
 *
 *   node bench/cache/speed.ts [--rounds 15] [--short]
 */
import { LfuCache } from "@framedb/cache"
import { LRUCache } from "lru-cache"
import { run } from "../harness/main.ts"
import { random, zipf } from "./random.ts"

const entryBytes = 1024

interface Value {
  readonly bytes: Uint8Array
}

const value: Value = { bytes: new Uint8Array(8) }

const lfuOf = (entries: number) => new LfuCache<string, Value>({ maxBytes: entries * entryBytes })

const lruOf = (entries: number) => new LRUCache<string, Value>({ maxSize: entries * entryBytes })

/** Keys drawn by Zipf 0.99, in the order of their access; every one is the one string object that the caches hold. */
const drawn = (keys: ReadonlyArray<string>, accesses: number): ReadonlyArray<string> => {
  const rank = zipf(keys.length, 0.99, random(11))
  return Array.from({ length: accesses }, () => keys[rank()] ?? "")
}

const keysOf = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `object-${(index * 7919) % count}`)

/** With how many entries, and after how many keys that came before and never again. */
const inserts = [
  { entries: 1000, earlier: 0 },
  { entries: 10_000, earlier: 0 },
  { entries: 100_000, earlier: 0 },
  { entries: 1000, earlier: 3_000_000 },
]

await run("cache-speed", async ({ compare, note, settings }) => {
  const count = settings.short ? 10_000 : 1_000_000
  const keys = keysOf(count)
  const accesses = drawn(keys, 1_000_000)
  const lfu = lfuOf(count)
  const lru = lruOf(count)
  for (const key of keys) {
    lfu.set(key, value, entryBytes)
    lru.set(key, value, { size: entryBytes })
  }
  let found = 0
  await compare({
    name: `get, hit, Zipf 0.99 over ${count.toLocaleString("en")} keys`,
    against: "lru-cache",
    operations: 1_000_000,
    target: 1.3,
    ours: (operations) => {
      for (let index = 0; index < operations; index++) if (lfu.get(accesses[index] ?? "") !== undefined) found++
    },
    peer: (operations) => {
      for (let index = 0; index < operations; index++) if (lru.get(accesses[index] ?? "") !== undefined) found++
    },
  })
  for (const { entries, earlier } of inserts) {
    const ourInserts = lfuOf(entries)
    const peerInserts = lruOf(entries)
    for (let index = 0; index < (settings.short ? 0 : earlier); index++) {
      ourInserts.set(`earlier-${index}`, value, entryBytes)
      peerInserts.set(`earlier-${index}`, value, { size: entryBytes })
    }
    const stream = Array.from({ length: 100_000 }, (_, index) => `insert-${index}`)
    const round = { ours: 0, peer: 0 }
    await compare({
      name: `set with eviction, ${entries.toLocaleString("en")} entries${earlier === 0 ? "" : ", millions of keys later"}`,
      against: "lru-cache",
      operations: 100_000,
      target: 0.7,
      before: () => {
        stream.forEach((_, index) => {
          stream[index] = `insert-${round.ours + round.peer}-${index}`
        })
      },
      ours: (operations) => {
        round.ours++
        for (let index = 0; index < operations; index++) ourInserts.set(stream[index] ?? "", value, entryBytes)
      },
      peer: (operations) => {
        round.peer++
        for (let index = 0; index < operations; index++)
          peerInserts.set(stream[index] ?? "", value, { size: entryBytes })
      },
    })
  }
  for (const share of [0.05, 0.2]) {
    const ours = lfuOf(count * share)
    const peer = lruOf(count * share)
    await compare({
      name: `get, and set after a miss, Zipf 0.99, room for ${share * 100} %`,
      against: "lru-cache",
      operations: 500_000,
      ours: (operations) => {
        for (let index = 0; index < operations; index++) {
          const key = accesses[index] ?? ""
          if (ours.get(key) === undefined) ours.set(key, value, entryBytes)
        }
      },
      peer: (operations) => {
        for (let index = 0; index < operations; index++) {
          const key = accesses[index] ?? ""
          if (peer.get(key) === undefined) peer.set(key, value, { size: entryBytes })
        }
      },
    })
  }
  note(
    "Each key that is set is a new one. lru-cache evicts another for it; `LfuCache` mostly refuses it, as keys that came before did not come back, until after some millions of them it is all one and it evicts too.",
  )
  note(`${found.toLocaleString("en")} hits counted.`)
})
