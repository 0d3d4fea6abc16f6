import { LocalCluster } from "@framedb/testing"
import { frameDBSuite } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FrameDBLive } from "framedb"

const { redisUrl, sqlUrl } = provided()

/** FrameDB over a cluster of its own on the servers of this run. */
const live = (cluster: LocalCluster.LocalClusterOptions, options: Partial<FrameDBLive.FrameDBLiveOptions> = {}) =>
  Layer.unwrap(
    Effect.map(LocalCluster.LocalCluster, ({ clusterUrl, routingUrl }) =>
      FrameDBLive.layer({ clusterUrl, routingUrl, ...options }),
    ),
  ).pipe(Layer.provide(LocalCluster.layer({ redisUrl, sqlUrl, ...cluster })))

const suite = {
  instances: { memory: "redis-1", otherMemory: "redis-2", storage: "sql-1" },
  unknownInstance: "nowhere",
}

frameDBSuite("FrameDB on real servers", { ...suite, layer: live({}) })

frameDBSuite("FrameDB on real servers, without a cache, remembering no routes", {
  ...suite,
  layer: live({}, { cacheSizeBytes: 0, routeCacheEntries: 0 }),
})

frameDBSuite("FrameDB beside the published services", { ...suite, layer: live({ published: true }) })
