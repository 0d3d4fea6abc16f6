/**
 * Keeps the caches of many processes coherent, where a `CacheInvalidation` is provided.
 *
 * Every write is told once it has been acknowledged, and whoever hears of it forgets the object and its route: another
 * process answers the old object no longer than the message takes. Three things are left to `ttlMillis`, since nobody tells
 * of them: what clients write that know nothing of the channel, a write whose process ended before it could tell, and a
 * write whose process was cut off from the channel, until it is back.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { CacheInvalidation, type InvalidationSignal } from "../../ports/CacheInvalidation.ts"
import { ObjectCache } from "../../ports/ObjectCache.ts"
import { Overlaps, WritesUnderWay } from "../objects/Overlaps.ts"
import { Routes } from "../routes/Routes.ts"
import { coherentCache } from "./coherentCache.ts"

/** Gives the cache that the programs use, and the writes that they have under way. */
export const make = Effect.gen(function* () {
  const cache = yield* ObjectCache
  const routes = yield* Routes
  const channel = yield* Effect.serviceOption(CacheInvalidation)
  if (Option.isNone(channel)) {
    return Context.make(ObjectCache, cache).pipe(Context.add(WritesUnderWay, new Overlaps(cache)))
  }
  const { service, hear } = coherentCache(cache, channel.value)
  const overlaps = new Overlaps(service)
  yield* channel.value.listen((signal: InvalidationSignal) => {
    hear(signal)
    if (signal._tag !== "Changed") {
      routes.forgetAll()
      overlaps.noteForeignAll()
      return
    }
    for (const key of signal.keys) {
      overlaps.noteForeign(key)
      routes.forget(key as ObjectKey) // The port says that keys were checked.
    }
  })
  return Context.make(ObjectCache, service).pipe(Context.add(WritesUnderWay, overlaps))
})

/** Provides the cache that the programs use: the one it is given, in front of it the channel where there is one. */
export const layer: Layer.Layer<ObjectCache | WritesUnderWay, never, ObjectCache | Routes> = Layer.effectContext(make)
