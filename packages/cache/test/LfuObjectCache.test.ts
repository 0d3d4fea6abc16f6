import { describe, expect, it } from "@effect/vitest"
import { LfuObjectCache } from "@framedb/cache"
import { FramedbId, ObjectKey } from "@framedb/core"
import { objectCacheSuite } from "@framedb/testing/conformance"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const maxBytes = 256 * 1024

objectCacheSuite("LFU object cache", { layer: LfuObjectCache.layer({ maxBytes }), capability: { maxBytes } })

describe("an object in the cache", () => {
  it.live("is believed no longer than it may be where the machine's clock is set back", () =>
    Effect.gen(function* () {
      const real = yield* Clock.Clock
      let now = 10 * 3_600_000
      const clock: Clock.Clock = {
        ...real,
        currentTimeMillisUnsafe: () => now,
        sleep: (duration) => real.sleep(duration),
      }
      const cache = yield* Effect.provideService(LfuObjectCache.make({ ttlMillis: 60_000 }), Clock.Clock, clock)
      const key = ObjectKey.make("k")
      const place = { framedbId: FramedbId.make("redis-1"), type: "in-memory" } as const
      cache.put({ key, data: new Uint8Array(1), ...place, sizeBytes: 1, metadata: {}, content: {} })
      now -= 3_600_000
      expect(cache.get(key)).toBeDefined()
      now += 59_999
      expect(cache.get(key)).toBeDefined()
      now += 1
      expect(cache.get(key)).toBeUndefined()
    }),
  )
})
