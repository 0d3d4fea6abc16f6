/**
 * Writes of objects: validate, write the bytes, register the route, fill the cache.
 *
 * An object that is set again in its place with the same size and metadata costs one message: the bytes are written only
 * if the key is still there, which shows that nobody removed or moved the object meanwhile. Everything else is the
 * program in `writeThrough`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { kindOf, type ObjectType } from "../../domain/FramedbType.ts"
import type { ObjectInfo } from "../../domain/FrameObject.ts"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { type BackendError, mayHaveApplied, withMaybeApplied } from "../../errors/BackendError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import { type CachedObject, ObjectCache } from "../../ports/ObjectCache.ts"
import type { StoreEntry } from "../../ports/ObjectStore.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import type { Resume } from "../instances/Batcher.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import { repeatingHarmless, retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"
import { isSameJson, routeMetadata } from "../routes/routeMetadata.ts"
import { moveSettler } from "./moveSettler.ts"
import { Overlaps, type WriteToken } from "./Overlaps.ts"
import type { ObjectToSet } from "./SetObject.ts"

/** What a write can fail with. */
export type WriteError = ConnectError | ObjectTooLarge

/** A validated object that goes to an instance of objects. */
export interface PlacedObject extends ObjectToSet {
  readonly type: ObjectType
}

/** See the head of this file. */
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
  }
>()("@framedb/core/ObjectWriter") {}

const routeOf = (object: PlacedObject): ObjectRoute => ({
  key: object.key,
  framedbId: object.framedbId,
  type: object.type,
  copies: [],
  sizeBytes: object.data.byteLength,
  metadata: routeMetadata(object.metadata, object.content),
})

const infoOf = (object: PlacedObject, copies: ReadonlyArray<Location>): ObjectInfo => ({
  key: object.key,
  metadata: object.metadata,
  framedbId: object.framedbId,
  type: object.type,
  sizeBytes: object.data.byteLength,
  content: object.content,
  copies,
})

const cachedOf = (object: PlacedObject): CachedObject => ({ ...object, sizeBytes: object.data.byteLength })

/** The number of Unicode code points, which is what SQL counts. */
const charactersOf = (key: string): number => {
  let characters = 0
  for (const _ of key) characters++
  return characters
}

/** What the instance can't hold, as an error that says so before anything is written. */
const problemOfFit = (object: PlacedObject, opened: OpenInstance): InvalidArgument | ObjectTooLarge | undefined => {
  const { inlineBytes, keyCharacters } = opened.connection.objects.limits
  const { key } = object
  if (object.data.byteLength > inlineBytes) {
    return new ObjectTooLarge({ key, sizeBytes: object.data.byteLength, limitBytes: inlineBytes })
  }
  if (keyCharacters !== undefined && key.length > keyCharacters && charactersOf(key) > keyCharacters) {
    const message = `a key in ${object.type} has at most ${keyCharacters} characters, this one has ${charactersOf(key)}`
    return new InvalidArgument({ argument: "key", message })
  }
  return undefined
}

/** Builds the service over the cache, the routes and the open instances. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const routes = yield* Routes
  const connections = yield* Connections
  const repeat = retrying(options)
  const repeatHarmless = repeatingHarmless(repeat)
  const settleMove = moveSettler({ routes, connections, repeat })
  const overlaps = new Overlaps(yield* ObjectCache)
  const layerServices = yield* Effect.context<never>()

  /** Sends the bytes. When the caller goes, the write counts until it has been answered. */
  const writeBytes = (opened: OpenInstance, entry: StoreEntry, token: WriteToken) =>
    Effect.callback<void, BackendError | InvalidArgument>((resume) => {
      overlaps.hold(token)
      let isAwaited = true
      const takeBack = opened.sets.submit(entry, entry.data.byteLength, (exit) => {
        if (isAwaited) overlaps.drop(token)
        else overlaps.release(token)
        resume(exit)
      })
      return Effect.sync(() => {
        isAwaited = false
        if (takeBack()) overlaps.drop(token)
      })
    })

  /**
   * Registers the route. Doing so again is harmless, so it is repeated also where it may have been applied. Where it
   * surely was not, bytes that were not there before are removed again.
   */
  const register = (opened: OpenInstance, object: PlacedObject, wasThere: boolean) =>
    repeatHarmless(routes.register(routeOf(object))).pipe(
      Effect.tapError(({ maybeApplied }) =>
        wasThere || maybeApplied ? Effect.void : Effect.ignore(opened.connection.objects.deleteIfEqual(object)),
      ),
      // Where the key was there, its bytes are the new ones already.
      Effect.mapError((error) => withMaybeApplied(error, wasThere || error.maybeApplied)),
    )

  const open = (object: PlacedObject) =>
    repeat(
      Effect.tapError(connections.acquire(object.framedbId, kindOf(object.type)), () =>
        Effect.sync(() => connections.forget(object.framedbId, kindOf(object.type))),
      ),
    )

  const store = Effect.fnUntraced(function* (object: PlacedObject, token: WriteToken) {
    const opened = yield* open(object)
    const problem = problemOfFit(object, opened)
    if (problem !== undefined) return yield* Effect.fail(problem)
    const wasThere = Option.isSome(yield* repeat(opened.sizes.request(object.key, 0)))
    yield* repeat(writeBytes(opened, object, token))
    return yield* register(opened, object, wasThere)
  }, Effect.scoped)

  const writeThrough = Effect.fnUntraced(function* (object: PlacedObject, token: WriteToken) {
    const previous = yield* store(object, token)
    if (Option.isNone(previous)) return infoOf(object, [])
    const settled = Effect.mapError(settleMove(object, previous.value), (error) =>
      error._tag === "BackendError" ? withMaybeApplied(error, true) : error,
    )
    return infoOf(object, yield* settled)
  })

  /** The open instance, where the object is set again as it was known. */
  const warmPath = (object: PlacedObject): OpenInstance | undefined => {
    const route = routes.peek(object.key)
    const isUnchanged =
      route !== undefined &&
      route.sizeBytes === object.data.byteLength &&
      route.copies.length === 0 &&
      isSameLocation(route, object) &&
      isSameJson(route.metadata, routeMetadata(object.metadata, object.content))
    return isUnchanged ? connections.peek(object.framedbId, kindOf(object.type)) : undefined
  }

  const start = (object: PlacedObject, resume: Resume<ObjectInfo, WriteError>, services = layerServices) => {
    const token = overlaps.begin(object.key)
    let isStopped = false
    let stop: () => void = () => {}
    const settle = (exit: Exit.Exit<ObjectInfo, WriteError>) => {
      overlaps.release(token, Exit.isSuccess(exit) ? cachedOf(object) : undefined)
      if (!isStopped) resume(exit)
    }
    const startProgram = () => {
      const spanned = Effect.withSpan(writeThrough(object, token), "FrameDB.writeThrough")
      const fiber = Effect.runForkWith(services)(spanned)
      stop = () => fiber.interruptUnsafe()
      fiber.addObserver(settle)
    }
    const replaceIn = (opened: OpenInstance) => {
      const takeBack = opened.replaces.submit(object, object.data.byteLength, (exit) => {
        if (Exit.isSuccess(exit) && exit.value) return settle(Exit.succeed(infoOf(object, [])))
        if (isStopped) return overlaps.release(token)
        if (Exit.isFailure(exit) && mayHaveApplied(exit)) return settle(Exit.failCause(exit.cause))
        // Not there any more, or surely not written: how to go on is the program's business.
        routes.forget(object.key)
        startProgram()
      })
      stop = () => {
        if (takeBack()) overlaps.release(token)
      }
    }
    const opened = warmPath(object)
    if (opened === undefined) startProgram()
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

  return ObjectWriter.of({ start, write })
})

/** Provides the writes. */
export const layer = (options: FrameDBOptions): Layer.Layer<ObjectWriter, never, ObjectCache | Routes | Connections> =>
  Layer.effect(ObjectWriter, make(options))
