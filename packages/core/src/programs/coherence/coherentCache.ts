import type { CacheInvalidation, InvalidationSignal } from "../../ports/CacheInvalidation.ts"
import type { ObjectCache } from "../../ports/ObjectCache.ts"

/** A cache whose writes are told, and the ear for those of others. */
export interface CoherentCache {
  readonly service: ObjectCache["Service"]
  readonly hear: (signal: InvalidationSignal) => void
}

/**
 * Puts a channel in front of a cache. What is written here is told to the others, what they have written is forgotten
 * here. While the channel is broken nothing is kept: what it guarded is dropped, and nothing takes its place. A look-up
 * is the cache's own, so that a hit costs no more than without.
 */
export const coherentCache = (
  cache: ObjectCache["Service"],
  channel: Pick<CacheInvalidation["Service"], "publish">,
): CoherentCache => {
  let isConnected = false
  const service: ObjectCache["Service"] = {
    get: cache.get,
    getStale: cache.getStale,
    moment: cache.moment,
    fill: (moment, object) => isConnected && cache.fill(moment, object),
    put: (object) => {
      if (isConnected) cache.put(object)
      else cache.invalidate(object.key)
      channel.publish(object.key)
    },
    invalidate: (key) => {
      cache.invalidate(key)
      channel.publish(key)
    },
    clear: cache.clear,
    stats: cache.stats,
  }
  const hear = (signal: InvalidationSignal): void => {
    switch (signal._tag) {
      case "Changed":
        for (const key of signal.keys) cache.invalidate(key)
        break
      case "Connected":
        // Also voids the fills of reads that began while nothing was told.
        cache.clear()
        isConnected = true
        break
      case "Disconnected":
        isConnected = false
        cache.clear()
        break
      case "Missed":
        cache.clear()
    }
  }
  return { service, hear }
}
