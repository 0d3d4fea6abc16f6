/**
 * Reads of objects: the cache, a copy in the client's own cluster, the primary, the other copies.
 *
 * The usual read is a few look-ups and a place in a batch, without a fiber: the route is remembered and the instance
 * open. Everything else (an unknown route, bytes that are not where the route says, an instance that is away) is the
 * program in `readThrough`. Concurrent reads of a key are one read, unless the key was written in between.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { kindOf } from "../../domain/FramedbType.ts"
import type { FrameObject, ObjectSource } from "../../domain/FrameObject.ts"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import { type CachedObject, type CacheMoment, ObjectCache } from "../../ports/ObjectCache.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import type { Resume } from "../instances/Batcher.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import { retrying } from "../retrying.ts"
import { type DescribedRoute, Routes } from "../routes/Routes.ts"
import { readOrder } from "./readOrder.ts"

/** What a read can fail with. */
export type ReadError = ConnectError | ObjectNotFound | ObjectTooLarge

/** See the head of this file. */
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

interface Found {
  readonly object: CachedObject
  readonly source: ObjectSource
}

interface Flight {
  readonly moment: CacheMoment
  readonly waiters: Set<Resume<FrameObject, ReadError>>
  /** Stops the work when nobody waits for it any more. */
  stop: () => void
}

/** A remembered route and its open instance. */
interface WarmPath {
  readonly route: DescribedRoute
  readonly opened: OpenInstance
}

const owned = (found: Found, data: Uint8Array<ArrayBuffer>): FrameObject => ({
  ...found.object,
  data,
  source: found.source,
})

/** An object out of a route and the bytes found for it; the bytes say how many they are, the route may be outdated. */
const objectOf = (route: DescribedRoute, place: Location, data: Uint8Array<ArrayBuffer>): CachedObject => ({
  key: route.key,
  data,
  metadata: route.described.metadata,
  framedbId: place.framedbId,
  type: place.type,
  sizeBytes: data.byteLength,
  content: route.described.content,
})

/** Builds the service over the cache, the routes and the open instances. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const cache = yield* ObjectCache
  const routes = yield* Routes
  const connections = yield* Connections
  const order = readOrder(connections, options.clusterId)
  const repeat = retrying(options)
  const layerServices = yield* Effect.context<never>()
  const flights = new Map<ObjectKey, Flight>()

  const fetch = (route: DescribedRoute, place: Location) =>
    connections.use(place, (opened) => opened.gets.request(route.key, route.sizeBytes))

  /** Tries every place in turn. `None` when all were asked and none has the bytes. */
  const fetchAnywhere = Effect.fnUntraced(function* (route: DescribedRoute) {
    let failure: ConnectError | undefined
    for (const place of yield* order(route)) {
      const data = yield* Effect.result(fetch(route, place))
      if (data._tag === "Failure") {
        connections.forget(place.framedbId, kindOf(place.type))
        failure ??= data.failure
      } else if (Option.isSome(data.success)) {
        const source: ObjectSource = place.framedbId === route.framedbId ? "primary" : "copy"
        return Option.some<Found>({ object: objectOf(route, place, data.success.value), source })
      }
    }
    return failure === undefined ? Option.none<Found>() : yield* Effect.fail(failure)
  })

  const readAlong = Effect.fnUntraced(function* (route: DescribedRoute) {
    if (route.sizeBytes > options.maxObjectBytes) {
      const { key, sizeBytes } = route
      return yield* new ObjectTooLarge({ key, sizeBytes, limitBytes: options.maxObjectBytes })
    }
    return yield* fetchAnywhere(route)
  })

  /** Reads along a fresh answer of the routing service. */
  const readFresh = Effect.fnUntraced(function* (key: ObjectKey) {
    const route = yield* routes.lookup(key)
    const found = Option.isSome(route) ? yield* readAlong(route.value) : Option.none<Found>()
    return Option.isSome(found) ? found.value : yield* new ObjectNotFound({ key })
  })

  /** Whatever keeps a remembered route from being read, the object may have moved: a fresh answer has the last word. */
  const attempt = (key: ObjectKey): Effect.Effect<Found, ReadError> => {
    const remembered = routes.peek(key)
    if (remembered === undefined) return readFresh(key)
    return Effect.matchEffect(readAlong(remembered), {
      onSuccess: (found) => (Option.isSome(found) ? Effect.succeed(found.value) : readFresh(key)),
      onFailure: () => readFresh(key),
    })
  }

  const readThrough = (key: ObjectKey): Effect.Effect<Found, ReadError> =>
    repeat(Effect.suspend(() => attempt(key))).pipe(Effect.withSpan("FrameDB.readThrough", { attributes: { key } }))

  const deliver = (key: ObjectKey, flight: Flight, exit: Exit.Exit<Found, ReadError>): void => {
    if (flights.get(key) === flight) flights.delete(key)
    if (Exit.isFailure(exit)) {
      for (const resume of flight.waiters) resume(Exit.failCause(exit.cause))
      return
    }
    // One may have the bytes themselves where the cache doesn't keep them; everyone else gets a copy.
    let isTaken = cache.fill(flight.moment, exit.value.object)
    for (const resume of flight.waiters) {
      const { data } = exit.value.object
      resume(Exit.succeed(owned(exit.value, isTaken ? data.slice() : data)))
      isTaken = true
    }
  }

  const startProgram = (key: ObjectKey, flight: Flight, services: Context.Context<never>): void => {
    const fiber = Effect.runForkWith(services)(readThrough(key))
    flight.stop = () => fiber.interruptUnsafe()
    fiber.addObserver((exit) => deliver(key, flight, exit))
  }

  /** The place to read from in one round trip, if nothing has to be asked first. */
  const warmPath = (key: ObjectKey): WarmPath | undefined => {
    const route = routes.peek(key)
    if (route === undefined || route.sizeBytes > options.maxObjectBytes) return undefined
    // Which copy is nearest is for the program to find out.
    if (route.copies.length > 0 && options.clusterId !== undefined) return undefined
    const opened = connections.peek(route.framedbId, kindOf(route.type))
    return opened === undefined ? undefined : { route, opened }
  }

  const readWarm = (
    key: ObjectKey,
    flight: Flight,
    { route, opened }: WarmPath,
    startProgram: () => void,
  ): (() => void) =>
    opened.gets.submit(key, route.sizeBytes, (exit) => {
      if (Exit.isSuccess(exit) && Option.isSome(exit.value)) {
        const object = objectOf(route, route, exit.value.value)
        deliver(key, flight, Exit.succeed({ object, source: "primary" }))
      } else if (flight.waiters.size > 0) {
        // Missing or failed: what to do next is the program's business.
        startProgram()
      }
    })

  const begin = (key: ObjectKey, flight: Flight, services: Context.Context<never>): void => {
    const warm = warmPath(key)
    if (warm === undefined) startProgram(key, flight, services)
    else flight.stop = readWarm(key, flight, warm, () => startProgram(key, flight, services))
  }

  const leave = (key: ObjectKey, flight: Flight, resume: Resume<FrameObject, ReadError>): void => {
    if (!flight.waiters.delete(resume) || flight.waiters.size > 0) return
    if (flights.get(key) === flight) flights.delete(key)
    flight.stop()
  }

  const start = (key: ObjectKey, resume: Resume<FrameObject, ReadError>, services = layerServices): (() => void) => {
    const moment = cache.moment(key)
    const joined = flights.get(key)
    const flight = joined?.moment === moment ? joined : { moment, waiters: new Set<typeof resume>(), stop: () => {} }
    flight.waiters.add(resume)
    if (flight !== joined) {
      flights.set(key, flight)
      begin(key, flight, services)
    }
    return () => leave(key, flight, resume)
  }

  const peek = (key: string): FrameObject | undefined => {
    const object = cache.get(key)
    return object === undefined ? undefined : { ...object, data: object.data.slice(), source: "cache" }
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
