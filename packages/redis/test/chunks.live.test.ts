import { RedisBackend } from "@framedb/core"
import { RedisLive } from "@framedb/redis"
import { RedisClusterServers } from "@framedb/testing"
import { ChunksUnderTest, chunkStoreSuite, chunkTimesUnderTest } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { instanceAt } from "./instanceAt.ts"

const { leaseMillis, graceMillis } = chunkTimesUnderTest
const live = RedisLive.layer({ chunkLeaseMillis: leaseMillis, chunkGraceMillis: graceMillis })

const chunksAt = (instance: ReturnType<typeof instanceAt>) =>
  Effect.flatMap(RedisBackend, (backend) => backend.open(instance)).pipe(Effect.provide(live))

const cluster = Effect.gen(function* () {
  const servers = yield* RedisClusterServers.make()
  return yield* chunksAt(instanceAt(servers.url, { cluster: true }))
})

chunkStoreSuite("chunks on a Redis server", {
  layer: Layer.effect(ChunksUnderTest, chunksAt(instanceAt(provided().redisUrl))),
})
chunkStoreSuite("chunks on a Redis Cluster", { layer: Layer.effect(ChunksUnderTest, cluster) })
