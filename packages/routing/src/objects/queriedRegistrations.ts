/**
 * Registering many routes on the published service, which knows no batches but queries for many keys: one query for what was
 * there, an update for each route, which creates what is missing, and one query that confirms what the updates left open.
 * That is one call a route and two a batch, where a route by itself takes two to four.
 *
 * An entry that comes into being between the query and its update counts as none: what it names is left without a route, as
 * if it had been overwritten by another kind of client.
 */
import type { BackendError, ObjectKey, ObjectRoute, Registered } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { isPathSafe } from "../contract/paths.ts"
import { afterWriting } from "../http/entries.ts"
import { isSameRoute } from "./objectEntry.ts"
import type { PublishedObjects } from "./publishedObjects.ts"
import { leastQueriedKeys, nothingTold } from "./publishedReads.ts"

type Register = (route: ObjectRoute) => Effect.Effect<Option.Option<ObjectRoute>, BackendError>

/** What the batches stand on. */
export interface QueriedServices {
  readonly published: PublishedObjects
  /** Registers one by itself, by as many calls as that takes. */
  readonly register: Register
  /** Makes a registration of each of many, a bounded number at once. */
  readonly each: (
    register: Register,
  ) => (routes: ReadonlyArray<ObjectRoute>) => Effect.Effect<ReadonlyArray<Registered>>
}

/** The keys that can be updated by path and stand in the batch once. */
const keysOf = (routes: ReadonlyArray<ObjectRoute>): ReadonlySet<ObjectKey> => {
  const keys = new Set<ObjectKey>()
  const repeated = new Set<ObjectKey>()
  for (const { key } of routes) (keys.has(key) ? repeated : keys).add(key)
  return new Set([...keys].filter((key) => !repeated.has(key) && isPathSafe(key)))
}

/** Gives the registration of many routes. Every one has an outcome of its own. */
export const queriedRegistrations = ({ published, register, each }: QueriedServices) => {
  const query = (keys: ReadonlySet<ObjectKey>) =>
    keys.size === 0
      ? Effect.succeed(nothingTold)
      : Effect.orElseSucceed(published.findNamed([...keys]), () => nothingTold)

  return Effect.fnUntraced(function* (routes: ReadonlyArray<ObjectRoute>): Effect.fn.Return<ReadonlyArray<Registered>> {
    const keys = keysOf(routes)
    if (keys.size < leastQueriedKeys) return yield* each(register)(routes)
    const before = yield* query(keys)
    const open = new Set<ObjectKey>()
    const upsert: Register = (route) => {
      const previous = before.named.get(route.key)
      // It may be an entry of another kind of client, which names no key.
      if (!keys.has(route.key) || (previous === undefined && !before.isComplete)) return register(route)
      return Effect.map(published.upsert(route), (isConfirmed) => {
        if (!isConfirmed) open.add(route.key)
        return Option.fromUndefinedOr(previous)
      })
    }
    const outcomes = yield* each(upsert)(routes)
    const after = yield* query(open)
    const isDone = (route: ObjectRoute): boolean => {
      if (!open.has(route.key)) return true
      const found = after.named.get(route.key)
      return found !== undefined && isSameRoute(found, route)
    }
    const again = each((route) => afterWriting(register(route)))
    const doubtful = routes.filter((route) => !isDone(route))
    if (doubtful.length === 0) return outcomes
    const settled = new Map((yield* again(doubtful)).map((outcome, index) => [doubtful[index], outcome]))
    return routes.map((route, index) => {
      const first = outcomes[index] ?? Result.succeed(Option.none())
      const second = settled.get(route)
      if (second === undefined || Result.isFailure(second) || Result.isFailure(first)) return second ?? first
      // What it took the place of is what was there before either.
      return Option.isSome(first.success) ? first : second
    })
  })
}
