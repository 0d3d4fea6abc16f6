import { RedisBackend } from "@framedb/core"
import { RedisLive, redisLimits } from "@framedb/redis"
import { RedisClusterServers, RedisSentinelServers } from "@framedb/testing"
import { ObjectStoreUnderTest, objectStoreSuite } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { instanceAt } from "./instanceAt.ts"

const { inlineBytes, keyCharacters } = redisLimits
const capability = { inlineBytes, keyCharacters }

const storeAt = (instance: ReturnType<typeof instanceAt>) =>
  Effect.gen(function* () {
    const backend = yield* RedisBackend
    return (yield* backend.open(instance)).objects
  }).pipe(Effect.provide(RedisLive.layer()))

const single = Layer.effect(ObjectStoreUnderTest, storeAt(instanceAt(provided().redisUrl)))

const cluster = Layer.effect(
  ObjectStoreUnderTest,
  Effect.gen(function* () {
    const servers = yield* RedisClusterServers.make({ password: "p@ss/word" })
    return yield* storeAt(instanceAt(servers.url, { cluster: true }))
  }),
)

const sentinel = Layer.effect(
  ObjectStoreUnderTest,
  Effect.gen(function* () {
    const { masterName, sentinels } = yield* RedisSentinelServers.make()
    const nodes = sentinels.map(({ port }) => `127.0.0.1:${port}`)
    const metadata = { sentinel: { name: masterName, sentinels: nodes } }
    return yield* storeAt(instanceAt("redis://behind-the-sentinels", metadata))
  }),
)

objectStoreSuite("a Redis server", { layer: single, capability })
objectStoreSuite("a Redis Cluster", { layer: cluster, capability })
objectStoreSuite("a Redis behind sentinels", { layer: sentinel, capability })
