import { FramedbId, RedisBackend } from "@framedb/core"
import { MemoryRedisBackend } from "@framedb/core/memory"
import { ChunksUnderTest, chunkStoreSuite, chunkTimesUnderTest } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const instance = {
  framedbId: FramedbId.make("memory"),
  kind: "redis",
  url: Redacted.make("memory://"),
  clusterId: undefined,
  metadata: {},
} as const

chunkStoreSuite("chunks in memory", {
  layer: Layer.effect(
    ChunksUnderTest,
    Effect.flatMap(RedisBackend, (backend) => backend.open(instance)),
  ).pipe(Layer.provide(MemoryRedisBackend.layer({ chunkTimes: chunkTimesUnderTest }))),
})
