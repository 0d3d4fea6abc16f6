/** Why an entry left the cache. */
export type Departure = "evicted" | "expired" | "replaced" | "deleted"

/** What a byte-bounded cache is told when it is made. */
export interface LfuCacheOptions<K, V> {
  /** What the sizes of all entries may add up to; a positive integer. */
  readonly maxBytes: number
  /** How many entries there may be; default unlimited. */
  readonly maxEntries?: number
  /** The largest entry that is admitted, in bytes; default `maxBytes`. */
  readonly maxEntryBytes?: number
  /** The largest entry that is admitted, as a share of `maxBytes` from 0 to 1; default 1. The lower of the two limits counts. */
  readonly maxEntryFraction?: number
  /** How long an entry lives after it was set, in milliseconds; default unlimited. A hit does not prolong it. */
  readonly ttlMillis?: number
  /**
   * How long an expired entry stays for `getStale`, in milliseconds; default 0. For everything else it is gone, and it gives way
   * to any newcomer.
   */
  readonly graceMillis?: number
  /** The clock of `ttlMillis`, in milliseconds; default `Date.now`. It is not read when there is no `ttlMillis`. */
  readonly now?: () => number
  /** What to have many hits of: `objects` (default) prefers to keep small ones, `bytes` is blind to size. */
  readonly favour?: "objects" | "bytes"
  /** What key hashes begin with, a 32-bit integer; default random. With a fixed one two runs of the same calls end alike. */
  readonly seed?: number
  /** Called once for each entry that left, after the operation that caused it is complete; it may use the cache. */
  readonly onEvict?: (value: V, key: K, reason: Departure) => void
}

/** What a cache has counted since it was made; a snapshot. */
export interface LfuCacheStats {
  /** Calls of `get` that found a value. */
  readonly hits: number
  /** Calls of `get` that found none, or an expired one. */
  readonly misses: number
  /** Entries that gave way to others. */
  readonly evictions: number
  /** Values that `set` did not take: too large, or worth less than everything that would have had to leave. */
  readonly rejections: number
  /** Entries found to have expired. */
  readonly expirations: number
}

/** Options with their defaults filled in and checked. */
export interface Limits {
  readonly maxBytes: number
  readonly maxEntries: number
  readonly maxEntryBytes: number
  readonly ttlMillis: number
  readonly graceMillis: number
}

/** Checks the options; throws a RangeError that names the first that is out of range. */
export const checkedLimits = <K, V>(options: LfuCacheOptions<K, V>): Limits => {
  const { maxBytes, maxEntries = Number.POSITIVE_INFINITY, ttlMillis = Number.POSITIVE_INFINITY } = options
  const { maxEntryBytes = maxBytes, maxEntryFraction = 1, graceMillis = 0 } = options
  check("maxBytes", maxBytes, Number.isSafeInteger(maxBytes) && maxBytes > 0)
  check("maxEntries", maxEntries, maxEntries > 0)
  check("maxEntryBytes", maxEntryBytes, maxEntryBytes >= 0)
  check("maxEntryFraction", maxEntryFraction, maxEntryFraction >= 0 && maxEntryFraction <= 1)
  check("ttlMillis", ttlMillis, ttlMillis > 0)
  check("graceMillis", graceMillis, graceMillis >= 0)
  checkFavour(options.favour)
  return {
    maxBytes,
    maxEntries,
    maxEntryBytes: Math.min(maxBytes, maxEntryBytes, maxBytes * maxEntryFraction),
    ttlMillis,
    graceMillis,
  }
}

/** Throws a RangeError unless a size is a whole number of bytes: sums of others would not be exact. */
export const checkSize = (sizeBytes: number): void =>
  check("sizeBytes", sizeBytes, Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)

const checkFavour = (favour: string | undefined): void => {
  if (favour === undefined || favour === "objects" || favour === "bytes") return
  throw new RangeError(`favour is neither "objects" nor "bytes": ${favour}`)
}

const check = (name: string, value: number, inRange: boolean): void => {
  // Plain JavaScript may pass a text, which compares like a number.
  const holds = inRange && typeof value === "number"
  if (!holds) throw new RangeError(`${name} is out of range: ${value}`)
}
