/** A cache that keeps nothing, for those who want every read to reach a store. */
import * as Layer from "effect/Layer"
import { Moments } from "../ports/Moments.ts"
import { ObjectCache } from "../ports/ObjectCache.ts"

/** Makes a cache without room. It still counts what it was asked, and still knows what was written. */
export const make = (): ObjectCache["Service"] => {
  const moments = new Moments()
  let misses = 0
  let rejections = 0
  return {
    get: () => {
      misses++
      return undefined
    },
    getStale: () => undefined,
    moment: (key) => moments.of(key),
    fill: () => {
      rejections++
      return false
    },
    put: (object) => {
      moments.advance(object.key)
      rejections++
    },
    invalidate: (key) => moments.advance(key),
    clear: () => moments.advanceAll(),
    stats: () => ({ entries: 0, sizeBytes: 0, maxBytes: 0, hits: 0, misses, evictions: 0, expirations: 0, rejections }),
  }
}

/** Provides a cache that keeps nothing. */
export const layer = (): Layer.Layer<ObjectCache> => Layer.sync(ObjectCache, make)
