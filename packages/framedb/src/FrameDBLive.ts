/** FrameDB over the real services and databases. */
import { LfuObjectCache } from "@framedb/cache"
import {
  type BackendError,
  FrameDBMetrics,
  type FrameDBOptions,
  FrameDBPrograms,
  InvalidArgument,
  OptionRules,
  programOptionsConfig,
  trafficLayer,
} from "@framedb/core"
import { RedisLive, type RedisOptions } from "@framedb/redis"
import { HttpClusterRegistry, HttpRouting, type ServiceOptions } from "@framedb/routing"
import { TiDBLive, type TiDBOptions } from "@framedb/tidb"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { type CoherenceOptions, coherenceLayer, coherenceLayerConfig } from "./CoherenceOptions.ts"
import { problemOfLiveOptions } from "./liveOptionRules.ts"
import { type StorageOption, storageLayer, storageLayerConfig } from "./storageOptions.ts"

/** Where the services are, and how everything behaves. Only the two URLs are required. */
export interface FrameDBLiveOptions extends Partial<FrameDBOptions> {
  /** The cluster registry (upstream: global config service), such as `http://registry:5000`. */
  readonly clusterUrl: string | Redacted.Redacted<string>
  /** The routing service, such as `http://routing:5001`. */
  readonly routingUrl: string | Redacted.Redacted<string>
  /** The most bytes of the object cache. Default 64 MiB; 0 keeps nothing. */
  readonly cacheSizeBytes?: number
  /** Everything else about the object cache. */
  readonly cache?: Omit<LfuObjectCache.LfuObjectCacheOptions, "maxBytes">
  /** Keeps the cache coherent with those of other processes. Default: it is not, and `cache.ttlMillis` bounds its age. */
  readonly coherence?: CoherenceOptions
  /** Registers what the client does as Effect metrics, `true` for those without attributes. Default: it is not. */
  readonly metrics?: boolean | FrameDBMetrics.MetricsOptions
  /** How the two services are reached: tokens, deadlines, connections. */
  readonly http?: Omit<ServiceOptions, "url">
  /** Where backups go unless a call says otherwise, such as `S3ObjectStorage.layer({ bucket })` of `framedb/s3`. Default: none. */
  readonly storage?: StorageOption
  /** How Redis instances are reached: deadlines, reconnecting, TLS. Their addresses come from the registry. */
  readonly redis?: RedisOptions
  /** How SQL instances are reached: pools, deadlines, batches, TLS. Their addresses come from the registry. */
  readonly tidb?: TiDBOptions
}

const watched = <E, R>(
  metrics: boolean | FrameDBMetrics.MetricsOptions | undefined,
  programs: Layer.Layer<FrameDBPrograms.Programs, E, R>,
): Layer.Layer<FrameDBPrograms.Programs, E, R> =>
  metrics === undefined || metrics === false
    ? programs
    : Layer.provideMerge(FrameDBMetrics.layer(metrics === true ? {} : metrics), programs)

const layers = (options: FrameDBLiveOptions, programs: FrameDBOptions) => {
  const { clusterUrl, routingUrl, http, redis, tidb, cache, cacheSizeBytes = LfuObjectCache.defaultMaxBytes } = options
  const { coherence } = options
  const near = programs.clusterId === undefined ? {} : { clusterId: programs.clusterId }
  const registry = HttpClusterRegistry.layer({ ...http, ...near, url: clusterUrl })
  return watched(options.metrics, FrameDBPrograms.layer(programs)).pipe(
    Layer.provide([
      LfuObjectCache.layer({ ...cache, maxBytes: cacheSizeBytes }),
      registry,
      coherence === undefined ? Layer.empty : Layer.provide(coherenceLayer(coherence, redis), registry),
      HttpRouting.layer({ ...http, url: routingUrl }),
      RedisLive.layer(redis),
      TiDBLive.layer(tidb),
      storageLayer(options.storage),
    ]),
    Layer.provide(trafficLayer),
  )
}

/** The layer, or what is wrong with the options, before anything is connected. */
export const checkedLayer = (options: FrameDBLiveOptions): ReturnType<typeof layers> | InvalidArgument => {
  const programs = FrameDBPrograms.completeOptions(FrameDBPrograms.pickOptions(options))
  if (programs instanceof InvalidArgument) return programs
  return problemOfLiveOptions(options) ?? layers(options, programs)
}

/** Provides FrameDB over the services at the given URLs. Nothing is connected before it is used. */
export const layer = (
  options: FrameDBLiveOptions,
): Layer.Layer<FrameDBPrograms.Programs, InvalidArgument | BackendError> => {
  const checked = checkedLayer(options)
  return checked instanceof InvalidArgument ? Layer.effectContext(Effect.fail(checked)) : checked
}

const metrics = Config.Boolean("FRAMEDB_METRICS").pipe(Config.withDefault(false))

/**
 * Provides FrameDB as the environment says: `FRAMEDB_CLUSTER_URL` (or `MEMORYGRID_GLOBAL_CONFIG`), `FRAMEDB_ROUTING_URL`
 * (or `MEMORYGRID_ROUTING_SERVICE_URL`), `CLUSTER_ID`, `FRAMEDB_CACHE_SIZE_BYTES`, `FRAMEDB_CONNECTION_CACHE_SIZE`, `FRAMEDB_METRICS`, and
 * one variable for every other option, which the parts name. Backups go where `FRAMEDB_S3_BUCKET` or `FRAMEDB_FOLDER_PATH` says.
 */
export const layerConfig: Layer.Layer<FrameDBPrograms.Programs, InvalidArgument | BackendError | Config.ConfigError> =
  Layer.unwrap(
    Effect.map(Config.all({ programs: programOptionsConfig, metrics }), ({ programs, metrics }) =>
      watched(metrics, FrameDBPrograms.layer(programs, OptionRules.variableOf("FRAMEDB_"))).pipe(
        Layer.provide([
          LfuObjectCache.layerConfig,
          HttpClusterRegistry.layerConfig,
          Layer.provide(coherenceLayerConfig, HttpClusterRegistry.layerConfig),
          HttpRouting.layerConfig,
          RedisLive.layerConfig,
          TiDBLive.layerConfig,
          storageLayerConfig,
        ]),
        Layer.provide(trafficLayer),
      ),
    ),
  )
