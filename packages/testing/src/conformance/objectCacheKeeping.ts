import { expect, type Vitest } from "@effect/vitest"
import { type CachedObject, ObjectCache } from "@framedb/core"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { cachedObject } from "./cachedObject.ts"
import { uniqueKey, uniqueKeys } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectCache>

/** What a cache that keeps things promises besides never being stale. */
export const objectCacheKeepingTests = (it: Tests, maxBytes: number): void => {
  it.effect("keeps an object whole: bytes, metadata, place and content", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const put = cachedObject(uniqueKey("put"), "put")
      const filled = cachedObject(uniqueKey("filled"), "filled")
      const empty = cachedObject(uniqueKey("empty"), "")
      cache.put(put)
      expect(cache.fill(cache.moment(filled.key), filled)).toBe(true)
      cache.put(empty)
      for (const object of [put, filled, empty]) expect(cache.get(object.key)).toEqual(object)
    }),
  )

  it.effect("lets a read that began after the write fill it again", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const key = uniqueKey("after")
      cache.put(cachedObject(key, "1"))
      cache.invalidate(key)
      expect(cache.fill(cache.moment(key), cachedObject(key, "2"))).toBe(true)
      expect(cache.get(key)).toEqual(cachedObject(key, "2"))
    }),
  )

  it.effect("lets two reads that began together both fill", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const key = uniqueKey("together")
      const moments = [cache.moment(key), cache.moment(key)]
      for (const moment of moments) expect(cache.fill(moment, cachedObject(key, "same"))).toBe(true)
      expect(cache.get(key)).toEqual(cachedObject(key, "same"))
    }),
  )

  it.effect("does not void the fills of other keys with one write", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const keys = uniqueKeys(64, "others")
      const moments = keys.map((key) => [key, cache.moment(key)] as const)
      cache.put(cachedObject(uniqueKey("write"), "1"))
      cache.invalidate(uniqueKey("write"))
      const filled = moments.filter(([key, moment]) => cache.fill(moment, cachedObject(key, "1")))
      // A cache may remember writes by a hash of the key, so that a few are refused without need.
      expect(filled.length).toBeGreaterThanOrEqual(60)
    }),
  )

  it.effect("stays within its bound and says what it evicted", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const before = cache.stats()
      const text = "x".repeat(Math.floor(maxBytes / 50))
      for (const key of uniqueKeys(200, "bound")) {
        cache.put(cachedObject(key, text))
        const { sizeBytes, entries } = cache.stats()
        expect(sizeBytes).toBeLessThanOrEqual(maxBytes)
        expect(sizeBytes).toBeGreaterThanOrEqual(entries)
      }
      expect(cache.stats().evictions - before.evictions).toBeGreaterThanOrEqual(150)
    }),
  )

  it.effect("counts hits and the bytes of what it keeps", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      cache.clear()
      const object = cachedObject(uniqueKey("hit"), "x".repeat(1000))
      cache.put(object)
      const { hits, misses, entries, sizeBytes } = cache.stats()
      expect(entries).toBe(1)
      expect(sizeBytes).toBeGreaterThan(1000)
      cache.get(object.key)
      expect(cache.stats()).toMatchObject({ hits: hits + 1, misses, entries: 1, sizeBytes })
      cache.put(object)
      expect(cache.stats()).toMatchObject({ entries: 1, sizeBytes })
      cache.invalidate(object.key)
      expect(cache.stats()).toMatchObject({ entries: 0, sizeBytes: 0 })
    }),
  )

  it.effect("gives the last value written or nothing, whatever happens", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          cache.clear()
          expectNeverStale(cache, steps)
        }),
        { numRuns: 200 },
      )
    }),
  )
}

interface Step {
  readonly action: "put" | "write" | "begin" | "end" | "clear"
  readonly key: number
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom("put", "write", "begin", "begin", "end", "end", "clear"),
  key: fc.nat(3),
})

/** Plays writes and slow reads against a store that is always right, and compares what the cache says with it. */
const expectNeverStale = (cache: ObjectCache["Service"], steps: ReadonlyArray<Step>): void => {
  const keys = uniqueKeys(4, "model")
  const stored = keys.map((key) => cachedObject(key, "0"))
  const reads: Array<{ readonly moment: number; readonly object: CachedObject }> = []
  let version = 0
  for (const { action, key: index } of steps) {
    const [key, current] = [keys[index], stored[index]]
    if (key === undefined || current === undefined) continue
    if (action === "put" || action === "write") {
      const next = cachedObject(key, `${++version}`)
      stored[index] = next
      if (action === "put") cache.put(next)
      else cache.invalidate(key)
    }
    if (action === "begin") reads.push({ moment: cache.moment(key), object: current })
    const ended = action === "end" ? reads.splice(index, 1)[0] : undefined
    if (ended !== undefined) cache.fill(ended.moment, ended.object)
    if (action === "clear") cache.clear()
    keys.forEach((each, at) => {
      const kept = cache.get(each)
      if (kept !== undefined) expect(kept).toEqual(stored[at])
    })
  }
}
