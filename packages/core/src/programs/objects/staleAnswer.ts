/** What a read may be answered with while the store or the routing service is unavailable: see `graceMillis` of the cache. */
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import type { FrameObject } from "../../domain/FrameObject.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { CacheMoment, ObjectCache } from "../../ports/ObjectCache.ts"
import type { ReadError } from "./ObjectReader.ts"

/** A read that failed: of what, since when, and why. */
export interface FailedRead {
  readonly key: ObjectKey
  readonly moment: CacheMoment
  readonly cause: Cause.Cause<ReadError>
}

/**
 * The expired object, with bytes of its own, where the read failed in a way that may pass. An object that is known to be
 * absent is forgotten instead, so that it is not answered either when the store goes away later.
 */
export const staleAnswer = (cache: ObjectCache["Service"], read: FailedRead): FrameObject | undefined => {
  const error = Option.getOrUndefined(Cause.findErrorOption(read.cause))
  if (error === undefined) return undefined
  const object = cache.getStale(read.key)
  if (object === undefined) return undefined
  if (error._tag === "ObjectNotFound") {
    // What was written since the read began is another matter.
    if (cache.moment(read.key) === read.moment) cache.invalidate(read.key)
    return undefined
  }
  const mayPass = error._tag === "BackendError" && error.isRetryable
  return mayPass ? { ...object, data: object.data.slice(), source: "stale" } : undefined
}
