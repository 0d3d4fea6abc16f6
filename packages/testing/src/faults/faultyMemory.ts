/** FrameDB in memory behind faults: to see what an application does when a server is away, or an answer is lost. */
import {
  ClusterRegistry,
  type FrameDBOptions,
  FrameDBPrograms,
  type InvalidArgument,
  MemoryObjectStorage,
  ObjectRouting,
  ObjectStorage,
  RedisBackend,
  StreamRouting,
  TiDBBackend,
} from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import * as Layer from "effect/Layer"
import type { Decide } from "./Fault.ts"
import { faultyRedis, faultyTiDB } from "./faultyBackends.ts"
import { faultyRegistry } from "./faultyRegistry.ts"
import { faultyRouting, faultyStreamRouting } from "./faultyRouting.ts"
import { faultyStorage } from "./faultyStorage.ts"

/** What can be set about it. */
export interface FaultyMemoryOptions
  extends Partial<FrameDBOptions>,
    MemoryClusterRegistry.MemoryClusterRegistryOptions {}

/**
 * Provides FrameDB in memory, each call of a port decided by `decide`, such as that of a `FaultPlan`. Nothing is cached, so that
 * every read makes one. What may pass is repeated as ever: a test with its own clock sets `retries: 0`, or lets time pass.
 */
export const memoryLayer = (
  decide: Decide,
  options: FaultyMemoryOptions = {},
): Layer.Layer<FrameDBPrograms.Programs, InvalidArgument> => {
  const { instances, copySettleMillis = 0 } = options
  return Layer.suspend(() =>
    FrameDBPrograms.layer({ ...FrameDBPrograms.pickOptions(options), copySettleMillis }).pipe(
      Layer.provide([
        NoObjectCache.layer(),
        Layer.succeed(
          ClusterRegistry,
          faultyRegistry(MemoryClusterRegistry.make({ ...(instances && { instances }) }), decide),
        ),
        Layer.succeed(ObjectRouting, faultyRouting(MemoryObjectRouting.make(), decide)),
        Layer.succeed(StreamRouting, faultyStreamRouting(MemoryStreamRouting.make(), decide)),
        Layer.succeed(RedisBackend, faultyRedis(MemoryRedisBackend.make(), decide)),
        Layer.succeed(TiDBBackend, faultyTiDB(MemoryTiDBBackend.make(), decide)),
        Layer.succeed(ObjectStorage, faultyStorage(MemoryObjectStorage.make(), decide)),
      ]),
    ),
  )
}
