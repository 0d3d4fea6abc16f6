/**
 * Writes of objects: validate, write the bytes, register the route, fill the cache.
 *
 * An object that is set again in its place with the same size and metadata costs one message: the bytes are written only
 * if the key is still there, which shows that no client like this one removed or moved the object meanwhile. Others leave
 * old bytes behind, so that the route is asked for once more where that was not done within `routeConfirmMillis`.
 * Everything else is the program in `writeThrough`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { kindOf } from "../../domain/FramedbType.ts"
import type { ObjectInfo } from "../../domain/FrameObject.ts"
import { isSameLocation } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { type BackendError, mayHaveApplied, withMaybeApplied } from "../../errors/BackendError.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { CachedObject } from "../../ports/ObjectCache.ts"
import type { StoreEntry } from "../../ports/ObjectStore.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { forkIn } from "../forkIn.ts"
import type { Resume } from "../instances/Batcher.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import { readHead } from "../large/readHead.ts"
import { retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"
import { isSameJson, routeMetadata } from "../routes/routeMetadata.ts"
import { Admission } from "./Admission.ts"
import { WritesUnderWay, type WriteToken } from "./Overlaps.ts"
import { infoOf, type PlacedObject, type Placement } from "./placing.ts"
import { makeWriteThrough } from "./writeThrough.ts"

/** What a write can fail with. */
export type WriteError = ConnectError | ObjectTooLarge

/** Writes objects: validates, writes the bytes, registers the route, then fills the cache. */
export class ObjectWriter extends Context.Service<
  ObjectWriter,
  {
    /** Writes. Calls `resume` once, later; gives a function that stops the write, which may have been applied by then. */
    readonly start: (
      object: PlacedObject,
      resume: Resume<ObjectInfo, WriteError>,
      services?: Context.Context<never>,
    ) => () => void
    /** Writes as an effect. */
    readonly write: (object: PlacedObject) => Effect.Effect<ObjectInfo, WriteError>
    /**
     * Writes a stream of unknown length. Up to the inline limit it is gathered and written as `write` does; above it goes
     * through in chunks. Where the stream fails, what was there stays.
     */
    readonly writeStream: <E>(
      placement: Placement,
      body: Stream.Stream<Uint8Array, E>,
    ) => Effect.Effect<ObjectInfo, E | WriteError>
  }
>()("@framedb/core/ObjectWriter") {}

const nothing = () => {}

/**
 * How far a write is whose caller goes: `takeBack` says whether nothing of it is sent yet, and sees to it that nothing will be.
 * What has been sent goes on to its end, or the bytes of one write would lie under the route of another, or under none.
 */
interface Sending {
  takeBack: () => boolean
}

const infoInPlace = (object: PlacedObject): ObjectInfo => infoOf(object, object.data.byteLength, [])

const cachedOf = (object: PlacedObject): CachedObject => ({ ...object, sizeBytes: object.data.byteLength })

/** Whether a write would leave a route as it is. */
const isRouteOf = (route: ObjectRoute, object: PlacedObject): boolean =>
  route.sizeBytes === object.data.byteLength &&
  route.copies.length === 0 &&
  isSameLocation(route, object) &&
  isSameJson(route.metadata, routeMetadata(object.metadata, object.content))

/** Builds the service over the cache, the routes and the open instances. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const routes = yield* Routes
  const connections = yield* Connections
  const repeat = retrying(options)
  const scope = yield* Effect.scope
  const fork = forkIn(scope)
  const overlaps = yield* WritesUnderWay
  const { writeThrough, writeLarge, boundsAt } = makeWriteThrough({
    routes,
    writes: overlaps,
    connections,
    repeat,
    scope,
    admission: new Admission(options.maxWaitMillis),
    maxObjectBytes: options.maxObjectBytes,
  })
  const layerServices = yield* Effect.context<never>()

  /** Sends the bytes. When the program is stopped, the write counts until it has been answered. */
  const sendFor = (token: WriteToken, sending: Sending) => (opened: OpenInstance, entry: StoreEntry) =>
    Effect.callback<void, BackendError | InvalidArgument>((resume) => {
      overlaps.hold(token)
      let isAwaited = true
      const takeBack = opened.sets.submit(entry, entry.data.byteLength, (exit) => {
        if (isAwaited) overlaps.drop(token)
        else overlaps.release(token)
        resume(exit)
      })
      sending.takeBack = takeBack
      return Effect.sync(() => {
        isAwaited = false
        if (takeBack()) overlaps.drop(token)
      })
    })

  /** The open instance, where the object is set again as it was known. */
  const warmPath = (object: PlacedObject): OpenInstance | undefined => {
    const route = routes.peek(object.key)
    return route !== undefined && isRouteOf(route, object)
      ? connections.peek(object.framedbId, kindOf(object.type))
      : undefined
  }

  /**
   * Asks whether the place in which an object has just been replaced still is its place, and writes it anew where it is
   * not. Where nobody can be asked, nobody may be told that the object is stored: a client that is cut off from the routing
   * service alone would lose it to a place that the object has moved away from.
   */
  const confirm = (object: PlacedObject, token: WriteToken, sending: Sending): Effect.Effect<ObjectInfo, WriteError> =>
    repeat(routes.lookup(object.key)).pipe(
      Effect.mapError((error) => withMaybeApplied(error, true)),
      Effect.flatMap((route) =>
        Option.isSome(route) && isRouteOf(route.value, object)
          ? Effect.succeed(infoInPlace(object))
          : writeThrough(object, sendFor(token, sending)),
      ),
    )

  const start = (object: PlacedObject, resume: Resume<ObjectInfo, WriteError>, services = layerServices) => {
    const token = overlaps.begin(object.key)
    const isAfter = overlaps.isAbandoned(object.key)
    const sending: Sending = { takeBack: () => true }
    let isStopped = false
    let stop: () => void = nothing
    const settle = (exit: Exit.Exit<ObjectInfo, WriteError>) => {
      overlaps.release(token, Exit.isSuccess(exit) ? cachedOf(object) : undefined)
      if (!isStopped) resume(exit)
    }
    const run = (writing: Effect.Effect<ObjectInfo, WriteError>) => {
      const ordered = isAfter ? Effect.andThen(overlaps.abandonedEnd(object.key), writing) : writing
      const fiber = fork(services)(Effect.withSpan(ordered, "FrameDB.writeThrough", { captureStackTrace: false }))
      stop = () => {
        if (sending.takeBack()) fiber.interruptUnsafe()
        else fiber.addObserver(overlaps.abandon(object.key))
      }
      fiber.addObserver(settle)
    }
    const startProgram = () => run(writeThrough(object, sendFor(token, sending)))
    /** The usual answer needs no fiber: the route is what it was. */
    const startConfirming = () => {
      routes.startLookup(object.key, (exit) => {
        if (isStopped) return overlaps.release(token)
        if (Exit.isSuccess(exit) && Option.isSome(exit.value) && isRouteOf(exit.value.value, object)) {
          return settle(Exit.succeed(infoInPlace(object)))
        }
        run(confirm(object, token, sending))
      })
    }
    const replaceIn = (opened: OpenInstance) => {
      let ended = nothing
      const takeBack = opened.replaces.submit(object, object.data.byteLength, (exit) => {
        const isReplaced = Exit.isSuccess(exit) && exit.value
        stop = nothing
        if (isStopped) {
          overlaps.release(token)
          return ended()
        }
        if (isReplaced && routes.isConfirmed(object.key)) return settle(Exit.succeed(infoInPlace(object)))
        if (isReplaced) return startConfirming()
        if (Exit.isFailure(exit) && mayHaveApplied(exit)) return settle(Exit.failCause(exit.cause))
        // Not there any more, or surely not written: how to go on is the program's business.
        routes.forget(object.key)
        startProgram()
      })
      stop = () => {
        if (takeBack()) overlaps.release(token)
        else ended = overlaps.abandon(object.key)
      }
    }
    const opened = isAfter ? undefined : warmPath(object)
    if (opened === undefined || object.data.byteLength > opened.connection.objects.limits.inlineBytes) startProgram()
    else replaceIn(opened)
    return () => {
      isStopped = true
      stop()
    }
  }

  const write = (object: PlacedObject): Effect.Effect<ObjectInfo, WriteError> =>
    Effect.withFiber((fiber) =>
      Effect.callback((resume) => {
        const stop = start(object, resume, fiber.context)
        return Effect.sync(stop)
      }),
    )

  /** A write whose bytes never enter the cache, and that makes the cache forget what is in the way. */
  const uncached = <A, E>(key: ObjectKey, writing: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.acquireUseRelease(
      Effect.sync(() => overlaps.begin(key)),
      () => writing,
      (token) => Effect.sync(() => overlaps.release(token)),
    )

  const writeStream = <E>(placement: Placement, body: Stream.Stream<Uint8Array, E>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const head = yield* readHead(body, yield* boundsAt(placement))
        if (head._tag === "Whole") return yield* write({ ...placement, data: head.data })
        const writing = Effect.andThen(overlaps.abandonedEnd(placement.key), writeLarge(placement, head.body))
        return yield* uncached(placement.key, writing)
      }),
    )

  return ObjectWriter.of({ start, write, writeStream })
})

/** Provides the writes. */
export const layer = (
  options: FrameDBOptions,
): Layer.Layer<ObjectWriter, never, WritesUnderWay | Routes | Connections> => Layer.effect(ObjectWriter, make(options))
