import * as Context from "effect/Context"
import type { FrameObject } from "../domain/FrameObject.ts"

/** An object as the cache keeps it: where it came from is the reader's business. */
export type CachedObject = Omit<FrameObject, "source">

/** What the cache has done since it was made. */
export interface CacheStats {
  readonly entries: number
  /** Bytes in use: payload, key, metadata and overhead of every entry. */
  readonly sizeBytes: number
  readonly maxBytes: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly expirations: number
  /** Objects that were offered and not kept. */
  readonly rejections: number
}

/** A moment of the cache for one key. A fill is refused when the key was written or invalidated since. */
export type CacheMoment = number

/**
 * Objects in this process's memory.
 *
 * Synchronous, and without `Option`: this is the one place where a call costs less than describing it as an effect.
 * The bytes given out are shared, and so are those of `put` where they are all of their buffer; the programs copy at their edge.
 */
export class ObjectCache extends Context.Service<
  ObjectCache,
  {
    readonly get: (key: string) => CachedObject | undefined
    /**
     * What the cache has, also where it has expired and is still within the cache's grace. Never what was written or
     * invalidated since. Counts as nothing.
     */
    readonly getStale: (key: string) => CachedObject | undefined
    /** Taken before a read from a store begins. */
    readonly moment: (key: string) => CacheMoment
    /** Keeps what a read gave, with a copy of its bytes, unless the key was written or invalidated since `moment`. */
    readonly fill: (moment: CacheMoment, object: CachedObject) => boolean
    /** Keeps what was just written, and voids the fills of reads that began before. */
    readonly put: (object: CachedObject) => void
    /** Forgets a key, and voids the fills of reads that began before. */
    readonly invalidate: (key: string) => void
    /** Forgets everything, and voids every fill of a read that began before. */
    readonly clear: () => void
    readonly stats: () => CacheStats
  }
>()("@framedb/core/ObjectCache") {}
