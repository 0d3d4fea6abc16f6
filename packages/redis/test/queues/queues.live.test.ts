import { RedisLive } from "@framedb/redis"
import { RedisClusterServers } from "@framedb/testing"
import { QueueStoreUnderTest, queueSuite } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { instanceAt } from "../instanceAt.ts"

const storeAt = (instance: ReturnType<typeof instanceAt>) =>
  Effect.map(RedisLive.make().open(instance), ({ queues }) => queues)

queueSuite("queues on a Redis server", {
  layer: Layer.effect(QueueStoreUnderTest, storeAt(instanceAt(provided().redisUrl))),
})

queueSuite("queues on a Redis Cluster", {
  layer: Layer.effect(
    QueueStoreUnderTest,
    Effect.flatMap(RedisClusterServers.make(), (servers) => storeAt(instanceAt(servers.url, { cluster: true }))),
  ),
})
