/**
 * Where objects are: the routing service's answers, remembered for a bounded time and number, look-ups of one tick
 * asked together, and registrations of one tick sent together.
 *
 * A remembered route can be outdated by other clients. Reads notice when the bytes are not where it says; what it says of
 * metadata is at most `routeCacheMillis` old. Of what this process writes it is never outdated.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { type Moment, Moments } from "../../ports/Moments.ts"
import { maxRoutesPerLookup, ObjectRouting, type Registered, type RemovedRoute } from "../../ports/ObjectRouting.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { forkIn } from "../forkIn.ts"
import { Batcher, type Resume } from "../instances/Batcher.ts"
import { GenerationalMap } from "./GenerationalMap.ts"
import { bytesOfRoute, makeRegistrations } from "./registrations.ts"
import { type DescribedMetadata, describeMetadata } from "./routeMetadata.ts"

/** A route with its metadata taken apart. */
export interface DescribedRoute extends ObjectRoute {
  readonly described: DescribedMetadata
}

/** Look-ups under way at once: enough to hide a round trip, few enough to leave the server to others. */
const lookupsInFlight = 4

/** Looks routes up and registers them, many at a time, and remembers them for a bounded time. */
export class Routes extends Context.Service<
  Routes,
  {
    /** The remembered route, if it is still believed; `nowMillis` saves a look at the clock. */
    readonly peek: (key: ObjectKey, nowMillis?: number) => DescribedRoute | undefined
    /** Whether the remembered route was asked for or registered within the last `routeConfirmMillis`. */
    readonly isConfirmed: (key: ObjectKey) => boolean
    /** Asks the routing service, and remembers the answer. */
    readonly lookup: (key: ObjectKey) => Effect.Effect<Option.Option<DescribedRoute>, BackendError>
    /** As `lookup`, without a fiber: calls `resume` once, later, unless what it gives was called before the question was sent. */
    readonly startLookup: (key: ObjectKey, resume: Resume<Option.Option<DescribedRoute>, BackendError>) => () => void
    /**
     * Makes the route exactly this one, remembers it, and gives the one that it took the place of. Interrupted before it
     * is sent, it has done nothing. One that is under way when its caller goes still counts: `abandoned` is called then,
     * and what that gives once the answer is there.
     */
    readonly register: (
      route: ObjectRoute,
      abandoned?: () => () => void,
    ) => Effect.Effect<Option.Option<ObjectRoute>, BackendError>
    /** Removes the route and gives it, as `ObjectRouting.remove` does. */
    readonly remove: (key: ObjectKey) => Effect.Effect<Option.Option<RemovedRoute>, BackendError>
    /** Adds a copy and says whether the object has a route. */
    readonly addCopy: (key: ObjectKey, copy: Location) => Effect.Effect<boolean, BackendError>
    /** Adds a copy at one place to many objects and says of each whether it has a route. */
    readonly addCopies: (
      keys: ReadonlyArray<ObjectKey>,
      copy: Location,
    ) => Effect.Effect<ReadonlyArray<boolean>, BackendError>
    /** Removes a copy and says whether there was one. */
    readonly removeCopy: (key: ObjectKey, framedbId: FramedbId) => Effect.Effect<boolean, BackendError>
    /** Remembers nothing of the key, and nothing of look-ups under way. */
    readonly forget: (key: ObjectKey) => void
    /** Remembers nothing of any key, and nothing of look-ups under way. */
    readonly forgetAll: () => void
    /** How many routes are remembered, nearly: one that was used lately may count twice. */
    readonly rememberedCount: () => number
  }
>()("@framedb/core/Routes") {}

interface Remembered {
  readonly route: DescribedRoute
  readonly expiresAtMillis: number
}

const overloaded = (message: string) =>
  new BackendError({
    backend: "routing",
    operation: "findMany",
    reason: backendReason("Overloaded", message),
    maybeApplied: false,
  })

/** A batch that answered says what became of each. */
const outcomeOf = (exit: Exit.Exit<Registered, BackendError>): Exit.Exit<Option.Option<ObjectRoute>, BackendError> => {
  if (Exit.isFailure(exit)) return Exit.failCause(exit.cause)
  return Result.isSuccess(exit.value) ? Exit.succeed(exit.value.success) : Exit.fail(exit.value.failure)
}

/** Adds what readers need of a route. */
export const describeRoute = (route: ObjectRoute): DescribedRoute => ({
  ...route,
  described: describeMetadata(route.metadata),
})

/** Builds the service over the routing port. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const routing = yield* ObjectRouting
  const clock = yield* Clock.Clock
  const remembered = new GenerationalMap<ObjectKey, Remembered>(options.routeCacheEntries)
  const moments = new Moments()
  const fork = forkIn(yield* Effect.scope)(yield* Effect.context<never>())
  const registrations = makeRegistrations(routing, options, fork)
  const lookups = new Batcher<ObjectKey, Option.Option<ObjectRoute>, BackendError>({
    run: routing.findMany,
    fork,
    maxItems: maxRoutesPerLookup,
    maxBytes: Number.POSITIVE_INFINITY,
    maxInFlight: lookupsInFlight,
    maxWaitMillis: options.maxWaitMillis,
    overloaded,
    splitOn: (error) => !error.isRetryable && error.reason._tag !== "Unauthorized",
  })

  const remember = (route: ObjectRoute): DescribedRoute => {
    const described = describeRoute(route)
    const expiresAtMillis = clock.currentTimeMillisUnsafe() + options.routeCacheMillis
    remembered.set(route.key, { route: described, expiresAtMillis })
    return described
  }

  const forget = (key: ObjectKey): void => {
    moments.advance(key)
    remembered.delete(key)
  }

  const forgetAll = (): void => {
    moments.advanceAll()
    remembered.clear()
  }

  const peek = (key: ObjectKey, nowMillis = clock.currentTimeMillisUnsafe()): DescribedRoute | undefined => {
    const entry = remembered.get(key)
    return entry !== undefined && nowMillis < entry.expiresAtMillis ? entry.route : undefined
  }

  const isConfirmed = (key: ObjectKey): boolean => {
    const entry = remembered.get(key)
    if (entry === undefined) return false
    const rememberedAtMillis = entry.expiresAtMillis - options.routeCacheMillis
    return clock.currentTimeMillisUnsafe() - rememberedAtMillis < options.routeConfirmMillis
  }

  /** What an answer says, remembered unless the route was changed or forgotten since the question. */
  const learn = (key: ObjectKey, moment: Moment, found: Option.Option<ObjectRoute>): Option.Option<DescribedRoute> => {
    if (moments.of(key) !== moment) return Option.map(found, describeRoute)
    if (Option.isSome(found)) return Option.some(remember(found.value))
    remembered.delete(key)
    return Option.none()
  }

  const startLookup = (key: ObjectKey, resume: Resume<Option.Option<DescribedRoute>, BackendError>) => {
    const moment = moments.of(key)
    return lookups.submit(key, 0, (exit) =>
      resume(Exit.isSuccess(exit) ? Exit.succeed(learn(key, moment, exit.value)) : Exit.failCause(exit.cause)),
    )
  }

  const lookup = (key: ObjectKey): Effect.Effect<Option.Option<DescribedRoute>, BackendError> =>
    Effect.callback((resume) => Effect.sync(startLookup(key, resume)))

  const register = (route: ObjectRoute, abandoned?: () => () => void) =>
    Effect.callback<Option.Option<ObjectRoute>, BackendError>((resume) => {
      const moment = moments.of(route.key)
      let answered: (() => void) | undefined
      const takeBack = registrations.submit(route, bytesOfRoute(route), (exit) => {
        const outcome = outcomeOf(exit)
        // Of two that overlap nobody here knows which came last, and one that failed may have been applied.
        const isLast = Exit.isSuccess(outcome) && moments.of(route.key) === moment
        forget(route.key)
        if (isLast) remember(route)
        answered?.()
        resume(outcome)
      })
      return Effect.sync(() => {
        if (takeBack()) return
        forget(route.key)
        answered = abandoned?.()
      })
    })

  /** What changes a route in part is not remembered but looked up when it is needed. */
  const forgetting = <A, E>(keys: ReadonlyArray<ObjectKey>, change: Effect.Effect<A, E>) =>
    Effect.onExit(change, () => Effect.sync(() => keys.forEach(forget)))

  return Routes.of({
    peek,
    isConfirmed,
    lookup,
    startLookup,
    register,
    remove: (key) => forgetting([key], routing.remove(key)),
    addCopy: (key, copy) => forgetting([key], routing.addCopy(key, copy)),
    addCopies: (keys, copy) => forgetting(keys, routing.addCopies(keys, copy)),
    removeCopy: (key, framedbId) => forgetting([key], routing.removeCopy(key, framedbId)),
    forget,
    forgetAll,
    rememberedCount: () => remembered.size,
  })
})

/** Provides the routes. */
export const layer = (options: FrameDBOptions): Layer.Layer<Routes, never, ObjectRouting> =>
  Layer.effect(Routes, make(options))
