/**
 * Reads of objects: the cache, a copy in the client's own cluster, the primary, the other copies.
 *
 * The usual read is a few look-ups and a place in a batch, without a fiber: the route is remembered and the instance
 * open. Everything else (an unknown route, bytes that are not where the route says, an instance that is away) is the
 * program in `readThrough`. Concurrent reads of a key are one read, unless the key was written in between.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { kindOf } from "../../domain/FramedbType.ts"
import type { FrameObject, ObjectSource } from "../../domain/FrameObject.ts"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { SmallCopies } from "../../domain/SmallCopies.ts"
import type { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import { type CachedObject, ObjectCache } from "../../ports/ObjectCache.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { forkIn } from "../forkIn.ts"
import type { Resume } from "../instances/Batcher.ts"
import { Connections } from "../instances/Connections.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import { makeAskChunks } from "../large/placedChunks.ts"
import type { ReadChunksError } from "../large/readChunked.ts"
import { loadStored, makeFindStored, sizeOfStored } from "../large/StoredBytes.ts"
import { retrying } from "../retrying.ts"
import { type DescribedRoute, Routes } from "../routes/Routes.ts"
import { ReadFlight } from "./ReadFlight.ts"
import { makeReadPlaces } from "./readPlaces.ts"
import { staleAnswer } from "./staleAnswer.ts"

/** What a read can fail with. */
export type ReadError = ReadChunksError | ObjectNotFound | ObjectTooLarge

/** Reads objects from the cache, a near copy, the primary or another copy, the first of them that has the bytes. */
export class ObjectReader extends Context.Service<
  ObjectReader,
  {
    /** What the cache has, with bytes that are the caller's own. Costs a look-up and a copy of the bytes. */
    readonly peek: (key: string) => FrameObject | undefined
    /** Reads past the cache. Calls `resume` once, later, with bytes that are the caller's own; gives a function that leaves the read. */
    readonly start: (
      key: ObjectKey,
      resume: Resume<FrameObject, ReadError>,
      services?: Context.Context<never>,
    ) => () => void
    /** Reads as an effect, the cache first. */
    readonly read: (key: ObjectKey) => Effect.Effect<FrameObject, ReadError>
  }
>()("@framedb/core/ObjectReader") {}

type Flight = ReadFlight<ReadError>

/** Field by field, because a spread costs more than everything else of a hit. */
const owned = (object: CachedObject, source: ObjectSource, data: Uint8Array<ArrayBuffer>): FrameObject => ({
  key: object.key,
  data,
  metadata: object.metadata,
  framedbId: object.framedbId,
  type: object.type,
  sizeBytes: object.sizeBytes,
  content: object.content,
  source,
})

/** An object out of a route and the bytes found for it; the bytes say how many they are, the route may be outdated. */
const objectOf = (route: DescribedRoute, place: Location, data: Uint8Array<ArrayBuffer>): FrameObject => ({
  key: route.key,
  data,
  metadata: route.described.metadata,
  framedbId: place.framedbId,
  type: place.type,
  sizeBytes: data.byteLength,
  content: route.described.content,
  source: place.framedbId === route.framedbId ? "primary" : "copy",
})

/** Builds the service over the cache, the routes and the open instances. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const cache = yield* ObjectCache
  const routes = yield* Routes
  const connections = yield* Connections
  const repeat = retrying(options)
  const ask = makeAskChunks({ connections, repeat })
  const find = makeFindStored(ask, { connections, repeat })
  const readPlaces = makeReadPlaces({ routes, connections, repeat, clusterId: options.clusterId })
  const clock = yield* Clock.Clock
  const layerServices = yield* Effect.context<never>()
  const fork = forkIn(yield* Effect.scope)
  const copies = new SmallCopies()
  const flights = new Map<ObjectKey, Flight>()

  const tooLarge = (key: ObjectKey, sizeBytes: number) =>
    new ObjectTooLarge({ key, sizeBytes, limitBytes: options.maxObjectBytes })

  const readAt = Effect.fnUntraced(function* (route: DescribedRoute, place: Location) {
    const { key } = route
    // The size in the route only says where to look first: it may be another writer's.
    const stored = yield* find(key, place, route.sizeBytes)
    if (Option.isNone(stored)) return Option.none<FrameObject>()
    const storedBytes = sizeOfStored(stored.value)
    if (storedBytes > options.maxObjectBytes) return yield* tooLarge(key, storedBytes)
    return Option.some(objectOf(route, place, yield* loadStored(ask, stored.value)))
  })

  const readThrough = (key: ObjectKey): Effect.Effect<FrameObject, ReadError> =>
    // Its stack would be that of a callback of ours.
    Effect.withSpan(readPlaces(key, readAt), "FrameDB.readThrough", { attributes: { key }, captureStackTrace: false })

  /** An answer for one more caller, with bytes that are its own. */
  const another = (exit: Exit.Exit<FrameObject, ReadError>): Exit.Exit<FrameObject, ReadError> =>
    Exit.isSuccess(exit) ? Exit.succeed(owned(exit.value, exit.value.source, copies.of(exit.value.data))) : exit

  const land = (key: ObjectKey, flight: Flight, exit: Exit.Exit<FrameObject, ReadError>): void => {
    if (flights.get(key) === flight) flights.delete(key)
    flight.land(exit, another)
  }

  const deliver = (flight: Flight, object: FrameObject): void => {
    cache.fill(flight.moment, object)
    land(object.key, flight, Exit.succeed(object))
  }

  const fail = (key: ObjectKey, flight: Flight, cause: Cause.Cause<ReadError>): void => {
    const stale = staleAnswer(cache, { key, moment: flight.moment, cause })
    land(key, flight, stale === undefined ? Exit.failCause(cause) : Exit.succeed(stale))
  }

  const startProgram = (key: ObjectKey, flight: Flight, services: Context.Context<never>): void => {
    const fiber = fork(services)(readThrough(key))
    flight.onStop(() => fiber.interruptUnsafe())
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit)) deliver(flight, exit.value)
      else fail(key, flight, exit.cause)
    })
  }

  /** The open instance to read from in one round trip, if nothing has to be asked first. */
  const warmInstance = (route: DescribedRoute, nowMillis: number): OpenInstance | undefined => {
    if (route.sizeBytes > options.maxObjectBytes) return undefined
    // Which copy is nearest is for the program to find out.
    if (route.copies.length > 0 && options.clusterId !== undefined) return undefined
    const opened = connections.peek(route.framedbId, kindOf(route.type), nowMillis)
    // What is kept in chunks is read by the program.
    if (opened === undefined || route.sizeBytes > opened.connection.objects.limits.inlineBytes) return undefined
    return opened
  }

  const begin = (key: ObjectKey, flight: Flight, services: Context.Context<never>): void => {
    const nowMillis = clock.currentTimeMillisUnsafe()
    const route = routes.peek(key, nowMillis)
    const opened = route === undefined ? undefined : warmInstance(route, nowMillis)
    if (route === undefined || opened === undefined) {
      startProgram(key, flight, services)
      return
    }
    const takeBack = opened.gets.submit(key, route.sizeBytes, (exit) => {
      if (Exit.isSuccess(exit) && Option.isSome(exit.value)) {
        deliver(flight, objectOf(route, route, exit.value.value))
      } else if (flight.isAwaited) {
        // Missing or failed: what to do next is the program's business.
        startProgram(key, flight, services)
      }
    })
    flight.onStop(takeBack)
  }

  const start = (key: ObjectKey, resume: Resume<FrameObject, ReadError>, services = layerServices): (() => void) => {
    const moment = cache.moment(key)
    const joined = flights.get(key)
    const flight: Flight = joined?.moment === moment ? joined : new ReadFlight(moment)
    flight.join(resume)
    if (flight !== joined) {
      flights.set(key, flight)
      begin(key, flight, services)
    }
    return () => {
      if (flight.leave(resume) && flights.get(key) === flight) flights.delete(key)
    }
  }

  const peek = (key: string): FrameObject | undefined => {
    const object = cache.get(key)
    return object === undefined ? undefined : owned(object, "cache", copies.of(object.data))
  }

  const read = (key: ObjectKey): Effect.Effect<FrameObject, ReadError> =>
    Effect.withFiber((fiber) => {
      const cached = peek(key)
      if (cached !== undefined) return Effect.succeed(cached)
      return Effect.callback((resume) => Effect.sync(start(key, resume, fiber.context)))
    })

  return ObjectReader.of({ peek, start, read })
})

/** Provides the reads. */
export const layer = (options: FrameDBOptions): Layer.Layer<ObjectReader, never, ObjectCache | Routes | Connections> =>
  Layer.effect(ObjectReader, make(options))
