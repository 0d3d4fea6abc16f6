import { MemoryCacheInvalidation } from "@framedb/core/memory"
import { CacheInvalidationUnderTest, cacheInvalidationSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const channelUnderTest = Layer.sync(CacheInvalidationUnderTest, () => {
  const bus = new MemoryCacheInvalidation.MemoryInvalidationBus()
  return {
    join: Effect.sync(() => MemoryCacheInvalidation.make({ bus })),
    break: Effect.sync(() => bus.disconnect()),
    heal: Effect.sync(() => bus.connect()),
  }
})

cacheInvalidationSuite("a channel in memory", { layer: channelUnderTest })
