/** What every `ObjectCache` promises: above all, never an older value than the last one written. */
import { expect, layer, type Vitest } from "@effect/vitest"
import { type CachedObject, ObjectCache, type ObjectKey } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { cachedObject } from "./cachedObject.ts"
import { objectCacheKeepingTests } from "./objectCacheKeeping.ts"
import { uniqueKey, uniqueKeys } from "./uniqueKey.ts"

/** What the suite is run on. */
export interface ObjectCacheSuiteOptions<E> {
  /** One cache, which the tests share; between tests it may be cleared. */
  readonly layer: Layer.Layer<ObjectCache, E>
  readonly capability: {
    /**
     * The cache's bound, at least 256 KiB and for the sake of time at most some MiB; 0 for a cache that keeps nothing,
     * of which only the rules against stale values are asked.
     */
    readonly maxBytes: number
  }
}

type Tests = Vitest.MethodsNonLive<ObjectCache>

/** More keys than a cache could remember one by one: a forgotten write must void more fills, never fewer. */
const manyKeys = 20_000

/** Registers the tests of the `ObjectCache` contract. */
export const objectCacheSuite = <E>(name: string, options: ObjectCacheSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true })(name, (it) => {
    staleTests(it, options.capability.maxBytes)
    if (options.capability.maxBytes > 0) objectCacheKeepingTests(it, options.capability.maxBytes)
  })
}

/** A fill is refused after each of these, whatever else happens in between. */
const writes: Readonly<Record<string, (cache: ObjectCache["Service"], key: ObjectKey) => CachedObject | undefined>> = {
  "was written": (cache, key) => {
    const object = cachedObject(key, "new")
    cache.put(object)
    return object
  },
  "was invalidated": (cache, key) => {
    cache.invalidate(key)
    return undefined
  },
  "was written and invalidated": (cache, key) => {
    cache.put(cachedObject(key, "new"))
    cache.invalidate(key)
    return undefined
  },
  "was forgotten with everything else": (cache) => {
    cache.clear()
    return undefined
  },
}

const staleTests = (it: Tests, maxBytes: number): void => {
  for (const [what, write] of Object.entries(writes)) {
    for (const before of ["absent", "present"]) {
      it.effect(`refuses what was read before the key ${what}, ${before} at first`, () =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache
          const key = uniqueKey("stale")
          if (before === "present") cache.put(cachedObject(key, "old"))
          const moment = cache.moment(key)
          const written = write(cache, key)
          expect(cache.fill(moment, cachedObject(key, "old"))).toBe(false)
          expect(cache.get(key)).toEqual(maxBytes > 0 ? written : undefined)
          expect(cache.getStale(key)).toEqual(maxBytes > 0 ? written : undefined)
        }),
      )
    }
  }

  it.effect("refuses an old read also when many keys were written after its own", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const [invalidated, written] = [uniqueKey("old-invalidated"), uniqueKey("old-written")]
      const moments = [invalidated, written].map((key) => [key, cache.moment(key)] as const)
      cache.invalidate(invalidated)
      cache.put(cachedObject(written, "new"))
      for (const key of uniqueKeys(manyKeys, "flood")) {
        cache.invalidate(key)
        cache.put(cachedObject(key, "x".repeat(100)))
      }
      for (const [key, moment] of moments) {
        expect(cache.fill(moment, cachedObject(key, "old"))).toBe(false)
        const kept = cache.get(key)
        if (kept !== undefined) expect(kept).toEqual(cachedObject(written, "new"))
      }
      cache.clear()
    }),
  )

  it.effect("gives nothing after an invalidation, a clearing, or for a key it never had", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const [first, second] = [uniqueKey(), uniqueKey()]
      expect(cache.get(first)).toBeUndefined()
      cache.put(cachedObject(first, "1"))
      cache.invalidate(first)
      expect(cache.get(first)).toBeUndefined()
      cache.put(cachedObject(second, "2"))
      cache.clear()
      expect(cache.get(second)).toBeUndefined()
      expect(cache.stats()).toMatchObject({ entries: 0, sizeBytes: 0 })
      for (const key of ["__proto__", "constructor", "toString", ""]) expect(cache.get(key)).toBeUndefined()
    }),
  )

  it.effect("drops the older value when the newer one is too large to keep", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const key = uniqueKey("too-large")
      cache.put(cachedObject(key, "old"))
      const { rejections } = cache.stats()
      const large = { ...cachedObject(key, ""), data: new Uint8Array(maxBytes + 1), sizeBytes: maxBytes + 1 }
      cache.put(large)
      expect(cache.get(key)).toBeUndefined()
      expect(cache.fill(cache.moment(key), large)).toBe(false)
      expect(cache.get(key)).toBeUndefined()
      expect(cache.getStale(key)).toBeUndefined()
      expect(cache.stats().rejections).toBe(rejections + 2)
    }),
  )

  it.effect("counts what it was asked", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache
      const { misses, maxBytes: bound } = cache.stats()
      cache.get(uniqueKey("miss"))
      cache.get(uniqueKey("miss"))
      expect(cache.stats().misses).toBe(misses + 2)
      expect(bound).toBe(maxBytes)
    }),
  )
}
