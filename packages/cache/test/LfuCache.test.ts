import { expect, it } from "@effect/vitest"
import { entrySizeBytes, LfuCache } from "@framedb/cache"

/** Reads through the cache, and tells the share of hits. */
const hitRatio = (cache: LfuCache<number, number>, accesses: number, keyAt: (at: number) => number): number => {
  let hits = 0
  for (let at = 0; at < accesses; at++) {
    const key = keyAt(at)
    if (cache.get(key) === undefined) cache.set(key, key, 1)
    else hits++
  }
  return hits / accesses
}

it("keeps its share of a loop that is larger than it, where recency would keep nothing", () => {
  const cache = new LfuCache<number, number>({ maxBytes: 200, seed: 1 })
  hitRatio(cache, 10_000, (at) => at % 1000)
  expect(hitRatio(cache, 10_000, (at) => at % 1000)).toBeGreaterThan(0.18)
})

it("keeps what is used often through a scan of what is used once", () => {
  const cache = new LfuCache<number, number>({ maxBytes: 100, seed: 1 })
  hitRatio(cache, 5000, (at) => at % 80)
  hitRatio(cache, 5000, (at) => 1000 + at)
  const kept = Array.from({ length: 80 }, (_, key) => cache.has(key)).filter(Boolean).length
  expect(kept).toBeGreaterThan(70)
})

it("follows a hot set that moves", () => {
  const cache = new LfuCache<number, number>({ maxBytes: 100, seed: 1 })
  hitRatio(cache, 20_000, (at) => (at * 7) % 80)
  hitRatio(cache, 2000, (at) => 5000 + ((at * 7) % 80))
  expect(hitRatio(cache, 2000, (at) => 5000 + ((at * 7) % 80))).toBeGreaterThan(0.9)
})

it("keeps more entries when small ones are favoured, and larger ones when bytes are", () => {
  const fill = (favour: "objects" | "bytes") => {
    const cache = new LfuCache<number, number>({ maxBytes: 10_000, favour, seed: 1 })
    for (let at = 0; at < 50_000; at++) {
      const key = (at * 7919) % 400
      if (cache.get(key) === undefined) cache.set(key, key, key % 2 === 0 ? 10 : 190)
    }
    return cache.size
  }
  expect(fill("objects")).toBeGreaterThan(fill("bytes"))
})

it("holds undefined, zero-sized and differently typed keys apart", () => {
  const cache = new LfuCache<string | number, undefined | number>({ maxBytes: 10 })
  cache.set("1", undefined, 0)
  cache.set(1, 2, 0)
  expect(cache.has("1")).toBe(true)
  expect(cache.get("1")).toBe(undefined)
  expect(cache.get(1)).toBe(2)
  expect(cache.stats.hits).toBe(2)
})

it("finds NaN, and zero whatever its sign, as a Map does", () => {
  const cache = new LfuCache<number, string>({ maxBytes: 10 })
  cache.set(Number.NaN, "none", 1)
  cache.set(-0, "zero", 1)
  cache.set(Number.NaN, "still none", 1)
  expect(cache.size).toBe(2)
  expect(cache.get(Number.NaN)).toBe("still none")
  expect(cache.get(0)).toBe("zero")
  expect(cache.delete(Number.NaN)).toBe(true)
  expect([...cache.keys()]).toEqual([-0])
})

it("lets the keys that it gave be deleted one by one", () => {
  const cache = new LfuCache<string, number>({ maxBytes: 100 })
  for (let at = 0; at < 50; at++) cache.set(`key-${at}`, at, 1)
  for (const key of cache.keys()) expect(cache.delete(key)).toBe(true)
  expect(cache.size).toBe(0)
})

it("ends alike when two caches with one seed are used alike", () => {
  const [left, right] = [1, 1].map((seed) => {
    const cache = new LfuCache<number, number>({ maxBytes: 100, seed })
    hitRatio(cache, 20_000, (at) => (at * at) % 1009)
    return [...cache.keys()]
  })
  expect(left).toEqual(right)
})

it("lets onEvict use the cache", () => {
  const seen: Array<string> = []
  const cache: LfuCache<string, number> = new LfuCache<string, number>({
    maxBytes: 10,
    onEvict: (_, key, reason) => {
      seen.push(`${key} ${reason}`)
      if (reason === "deleted") cache.set("from within", 1, 10)
      expect(cache.sizeBytes).toBeLessThanOrEqual(10)
    },
  })
  cache.set("a", 1, 10)
  cache.set("a", 2, 4)
  cache.delete("a")
  expect(seen).toEqual(["a replaced", "a deleted"])
  expect(cache.peek("from within")).toBe(1)
})

it("drops the former value when the new one is not kept", () => {
  const cache = new LfuCache<string, number>({ maxBytes: 100, maxEntryFraction: 0.5 })
  expect(cache.set("a", 1, 50)).toBe(true)
  expect(cache.set("a", 2, 51)).toBe(false)
  expect(cache.has("a")).toBe(false)
  expect(cache.sizeBytes).toBe(0)
  expect(cache.stats.rejections).toBe(1)
})

it("refuses options and sizes that are out of range", () => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new LfuCache({ maxBytes })).toThrow(RangeError)
  }
  expect(() => new LfuCache({ maxBytes: 1, maxEntries: 0 })).toThrow(RangeError)
  expect(() => new LfuCache({ maxBytes: 1, ttlMillis: 0 })).toThrow(RangeError)
  expect(() => new LfuCache({ maxBytes: 1, maxEntryFraction: 2 })).toThrow(RangeError)
  const cache = new LfuCache<string, number>({ maxBytes: 10 })
  for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => cache.set("a", 1, size)).toThrow(RangeError)
  expect(cache.size).toBe(0)
})

it("counts payload, key, metadata and overhead of an entry", () => {
  const overhead = entrySizeBytes("", 0)
  expect(entrySizeBytes("key", 1000, 20)).toBe(overhead + 1023)
  expect(entrySizeBytes("schlüssel", 0)).toBe(overhead + 9)
  expect(entrySizeBytes("鍵", 0)).toBe(overhead + 2)
})
