/** A cache that keeps nothing, for those who want every read to reach a store. */
import * as Layer from "effect/Layer"
import { ObjectCache } from "../ports/ObjectCache.ts"

/** Makes a cache without room. It still counts what it was asked. */
export const make = (): ObjectCache["Service"] => {
  let misses = 0
  let rejections = 0
  return {
    get: () => {
      misses++
      return undefined
    },
    moment: () => 0,
    fill: () => {
      rejections++
      return false
    },
    put: () => {
      rejections++
    },
    invalidate: () => {},
    clear: () => {},
    stats: () => ({ entries: 0, sizeBytes: 0, maxBytes: 0, hits: 0, misses, evictions: 0, expirations: 0, rejections }),
  }
}

/** Provides a cache that keeps nothing. */
export const layer: Layer.Layer<ObjectCache> = Layer.sync(ObjectCache, make)
