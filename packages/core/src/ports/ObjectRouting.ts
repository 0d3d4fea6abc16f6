import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Result from "effect/Result"
import type * as Stream from "effect/Stream"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { ObjectType } from "../domain/FramedbType.ts"
import type { Location } from "../domain/Location.ts"
import type { JsonObject } from "../domain/Metadata.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import type { ObjectRoute } from "../domain/Route.ts"
import type { BackendError } from "../errors/BackendError.ts"

/** Which routes to list. Fields that are left out match everything; those given must all match. */
export interface RouteQuery {
  /** The beginning of the key. */
  readonly prefix?: string
  /** The instance of the primary. */
  readonly framedbId?: FramedbId
  readonly type?: ObjectType
  /** Metadata fields, compared for equality; nested objects match part by part. */
  readonly metadata?: JsonObject
}

/**
 * The most keys of one `findMany` or `addCopies` and routes of one `registerMany`: a page of answers stays small and its request below
 * common limits of a proxy.
 */
export const maxRoutesPerLookup = 256

/** What became of one registration: the route that it took the place of, or why it failed. */
export type Registered = Result.Result<Option.Option<ObjectRoute>, BackendError>

/** A route that was removed; `untold` by a service that only says that there was one. */
export type RemovedRoute = ObjectRoute | "untold"

/** Knows where each object is. Entries are whole: there is no route without location, size and metadata. */
export class ObjectRouting extends Context.Service<
  ObjectRouting,
  {
    /** Looks up at most `maxRoutesPerLookup` keys, answering in their order. */
    readonly findMany: (
      keys: ReadonlyArray<ObjectKey>,
    ) => Effect.Effect<ReadonlyArray<Option.Option<ObjectRoute>>, BackendError>
    /**
     * Makes each of at most `maxRoutesPerLookup` routes exactly the one given, copies included, whether or not there was
     * one, and gives the one that it took the place of. Where that succeeds, a look-up gives this route. Each is answered
     * by itself, in their order: one that fails fails no other. Those of one key are applied in order.
     */
    readonly registerMany: (routes: ReadonlyArray<ObjectRoute>) => Effect.Effect<ReadonlyArray<Registered>>
    /** Removes a route and gives it, atomically; `None` where there was none. */
    readonly remove: (key: ObjectKey) => Effect.Effect<Option.Option<RemovedRoute>, BackendError>
    /** Adds a copy; `false` where the object has no route. A copy that is there already is success. */
    readonly addCopy: (key: ObjectKey, copy: Location) => Effect.Effect<boolean, BackendError>
    /**
     * Adds a copy at one place to each of at most `maxRoutesPerLookup` objects, as `addCopy` does to one, and answers in
     * their order. Where it fails, some may have been added.
     */
    readonly addCopies: (
      keys: ReadonlyArray<ObjectKey>,
      copy: Location,
    ) => Effect.Effect<ReadonlyArray<boolean>, BackendError>
    /** Removes a copy and says whether there was one. */
    readonly removeCopy: (key: ObjectKey, framedbId: FramedbId) => Effect.Effect<boolean, BackendError>
    /** Lists routes, each once, in no promised order. Entries that name no key (other clients') are left out. */
    readonly list: (query: RouteQuery) => Stream.Stream<ObjectRoute, BackendError>
  }
>()("@framedb/core/ObjectRouting") {}
