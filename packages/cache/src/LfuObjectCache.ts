/** The object cache of FrameDB: an `LfuCache` of objects, and the rule that a slow read never overwrites a newer write. */
import { type CachedObject, type InvalidArgument, Moments, ObjectCache, OptionRules, steadyNow } from "@framedb/core"
import { NoObjectCache } from "@framedb/core/memory"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { LfuCache } from "./LfuCache.ts"
import { objectSizeBytes } from "./objectSize.ts"

/** How an object cache is bounded. */
export interface LfuObjectCacheOptions {
  /** The most bytes of payloads, keys, metadata and overhead together. Default 64 MiB; 0 keeps nothing. */
  readonly maxBytes?: number
  /** The most objects. Default: no bound but the bytes. */
  readonly maxEntries?: number
  /** The largest object that is kept, overhead included, in bytes. Default: an eighth of `maxBytes`. */
  readonly maxEntryBytes?: number
  /** How long an object is believed, in milliseconds: other processes may have changed it. Default 60,000. */
  readonly ttlMillis?: number
  /**
   * How long beyond `ttlMillis` an object may be answered while its store or the routing service is unavailable, in
   * milliseconds; such an answer has the source `stale`. Default 0: never.
   */
  readonly graceMillis?: number
  /** What to have many hits of: `objects` (default) prefers to keep small ones, `bytes` is blind to size. */
  readonly favour?: "objects" | "bytes"
}

/** The default of `maxBytes`: worth having, and no surprise in a small container. */
export const defaultMaxBytes = 64 * 1024 * 1024

/** The default of `ttlMillis`. */
export const defaultTtlMillis = 60_000

const rules: OptionRules.Rules<LfuObjectCacheOptions> = {
  maxBytes: OptionRules.wholeNumber(0),
  maxEntries: OptionRules.orUnbounded(OptionRules.wholeNumber(1)),
  maxEntryBytes: OptionRules.wholeNumber(1),
  ttlMillis: OptionRules.orUnbounded(OptionRules.wholeNumber(1)),
  graceMillis: OptionRules.orUnbounded(OptionRules.wholeNumber(0)),
  favour: OptionRules.oneOf("objects", "bytes"),
}

/** The error to fail with where an option can't be used. Its name is as `nameOf` writes it. */
export const problemOfOptions = (
  options: LfuObjectCacheOptions,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => OptionRules.problemOf(options, rules, nameOf)

const cacheOf = (options: LfuObjectCacheOptions, now: () => number): LfuCache<string, CachedObject> => {
  const { maxBytes = defaultMaxBytes, ttlMillis = defaultTtlMillis, maxEntryBytes = Math.ceil(maxBytes / 8) } = options
  return new LfuCache<string, CachedObject>({ ...options, maxBytes, maxEntryBytes, ttlMillis, now })
}

const isPart = (data: Uint8Array): boolean => data.byteLength < data.buffer.byteLength

const serviceOf = (cache: LfuCache<string, CachedObject>): ObjectCache["Service"] => {
  const moments = new Moments()
  const keep = (object: CachedObject): boolean => cache.set(object.key, object, objectSizeBytes(object))
  return {
    get: (key) => cache.get(key),
    getStale: (key) => cache.getStale(key),
    moment: (key) => moments.of(key),
    fill: (moment, object) => moments.of(object.key) === moment && keep({ ...object, data: object.data.slice() }),
    put: (object) => {
      moments.advance(object.key)
      // A part of a larger buffer would keep all of it alive.
      keep(isPart(object.data) ? { ...object, data: object.data.slice() } : object)
    },
    invalidate: (key) => {
      moments.advance(key)
      cache.delete(key)
    },
    clear: () => {
      moments.advanceAll()
      // What an empty cache has learned is worth keeping.
      if (cache.size > 0) cache.clear()
    },
    stats: () => ({ entries: cache.size, sizeBytes: cache.sizeBytes, maxBytes: cache.maxBytes, ...cache.stats }),
  }
}

/** Makes the cache. Fails for an option that can't be used, which the error calls as `nameOf` does. */
export const make = Effect.fnUntraced(function* (
  options: LfuObjectCacheOptions = {},
  nameOf?: (name: string) => string,
): Effect.fn.Return<ObjectCache["Service"], InvalidArgument> {
  const problem = problemOfOptions(options, nameOf)
  if (problem !== undefined) return yield* problem
  if (options.maxBytes === 0) return NoObjectCache.make()
  const clock = yield* Clock.Clock
  return serviceOf(cacheOf(options, steadyNow(clock)))
})

/** Provides the cache. */
export const layer = (options: LfuObjectCacheOptions = {}): Layer.Layer<ObjectCache, InvalidArgument> =>
  Layer.effect(ObjectCache, make(options))

const integer = (name: string) => Config.map(Config.option(Config.Int(name)), Option.getOrUndefined)

/**
 * The options that the environment gives: `FRAMEDB_CACHE_SIZE_BYTES`, `FRAMEDB_CACHE_MAX_ENTRIES`,
 * `FRAMEDB_CACHE_MAX_ENTRY_BYTES`, `FRAMEDB_CACHE_TTL_MILLIS`, `FRAMEDB_CACHE_GRACE_MILLIS`, `FRAMEDB_CACHE_FAVOUR`.
 */
export const optionsConfig: Config.Config<LfuObjectCacheOptions> = Config.map(
  Config.all({
    maxBytes: integer("FRAMEDB_CACHE_SIZE_BYTES"),
    maxEntries: integer("FRAMEDB_CACHE_MAX_ENTRIES"),
    maxEntryBytes: integer("FRAMEDB_CACHE_MAX_ENTRY_BYTES"),
    ttlMillis: integer("FRAMEDB_CACHE_TTL_MILLIS"),
    graceMillis: integer("FRAMEDB_CACHE_GRACE_MILLIS"),
    favour: Config.map(
      Config.option(Config.Literals(["objects", "bytes"], "FRAMEDB_CACHE_FAVOUR")),
      Option.getOrUndefined,
    ),
  }),
  (found) => Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)),
)

const nameOfVariable = (name: string): string =>
  name === "maxBytes" ? "FRAMEDB_CACHE_SIZE_BYTES" : OptionRules.variableOf("FRAMEDB_CACHE_")(name)

/** Provides the cache as the environment says. */
export const layerConfig: Layer.Layer<ObjectCache, InvalidArgument | Config.ConfigError> = Layer.effect(
  ObjectCache,
  Effect.flatMap(optionsConfig, (options) => make(options, nameOfVariable)),
)
