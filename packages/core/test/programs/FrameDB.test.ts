import { FrameDBPrograms } from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import { frameDBSuite } from "@framedb/testing/conformance"
import * as Layer from "effect/Layer"

const instances = [
  { framedbId: "m1", kind: "redis" },
  { framedbId: "m2", kind: "redis" },
  { framedbId: "s1", kind: "sql" },
] as const

const ports = Layer.mergeAll(
  MemoryClusterRegistry.layer({ instances }),
  MemoryObjectRouting.layer(),
  MemoryRedisBackend.layer(),
  MemoryStreamRouting.layer(),
  MemoryTiDBBackend.layer(),
  NoObjectCache.layer(),
)

const suite = { instances: { memory: "m1", otherMemory: "m2", storage: "s1" }, unknownInstance: "nowhere" }

frameDBSuite("FrameDB in memory, without a cache", { ...suite, layer: Layer.provide(FrameDBPrograms.layer(), ports) })

frameDBSuite("FrameDB in memory, remembering no routes and holding one connection", {
  ...suite,
  layer: Layer.provide(FrameDBPrograms.layer({ routeCacheEntries: 0, connectionCacheSize: 1 }), ports),
})
