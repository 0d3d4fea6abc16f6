/** FrameDB without any server: everything lives in this process and goes with the layer. */
import { LfuObjectCache } from "@framedb/cache"
import { type FrameDBOptions, FrameDBPrograms, type InvalidArgument, MemoryObjectStorage } from "@framedb/core"
import {
  MemoryCacheInvalidation,
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
} from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { problemOfCacheOptions } from "./liveOptionRules.ts"
import { problemOfRecord } from "./splitOptions.ts"
import { type StorageOption, storageLayer } from "./storageOptions.ts"

/** What can be set about FrameDB in memory. */
export interface FrameDBMemoryOptions
  extends Partial<FrameDBOptions>,
    MemoryClusterRegistry.MemoryClusterRegistryOptions {
  /** The most bytes of the object cache. Default 64 MiB; 0 keeps nothing. */
  readonly cacheSizeBytes?: number
  /** Everything else about the object cache. */
  readonly cache?: Omit<LfuObjectCache.LfuObjectCacheOptions, "maxBytes">
  /** A bus that keeps the caches of the clients on it coherent. Default: none. */
  readonly coherence?: MemoryCacheInvalidation.MemoryInvalidationBus
  /** Where backups go unless a call says otherwise. Default: into memory. */
  readonly storage?: StorageOption<never>
}

/**
 * Provides FrameDB in memory, its backups too. Every instance id exists, unless `instances` says which do. Nobody else writes
 * here, so `copySettleMillis` is 0 by default.
 */
export const layer = (options: FrameDBMemoryOptions = {}): Layer.Layer<FrameDBPrograms.Programs, InvalidArgument> => {
  const problem = problemOfRecord(options) ?? problemOfCacheOptions(options)
  if (problem !== undefined) return Layer.effectContext(Effect.fail(problem))
  // These routes are this layer's alone: no other client can miss a new copy.
  const { instances, cache, coherence, cacheSizeBytes = LfuObjectCache.defaultMaxBytes, copySettleMillis = 0 } = options
  return FrameDBPrograms.layer({ ...FrameDBPrograms.pickOptions(options), copySettleMillis }).pipe(
    Layer.provide([
      LfuObjectCache.layer({ ...cache, maxBytes: cacheSizeBytes }),
      coherence === undefined ? Layer.empty : MemoryCacheInvalidation.layer({ bus: coherence }),
      MemoryClusterRegistry.layer(instances === undefined ? {} : { instances }),
      MemoryObjectRouting.layer(),
      MemoryRedisBackend.layer(),
      MemoryStreamRouting.layer(),
      MemoryTiDBBackend.layer(),
      storageLayer(options.storage ?? MemoryObjectStorage.make()),
    ]),
  )
}
