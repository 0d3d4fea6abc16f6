/** Registering many routes: by one call a batch where the server can, else one by one, each with an outcome of its own. */
import { type BackendError, type ObjectRoute, type Registered, withMaybeApplied } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { isPathSafe } from "../contract/paths.ts"
import { maxBatchBytes, maxLookupIds } from "../contract/wire.ts"
import { afterWriting, orPublished } from "../http/entries.ts"
import type { ServiceClient } from "../http/ServiceClient.ts"
import type { ExtendedObjects } from "./extendedObjects.ts"
import { entryOfRoute, isSameRoute, type RouteEntry } from "./objectEntry.ts"
import type { PublishedObjects } from "./publishedObjects.ts"
import { queriedRegistrations } from "./queriedRegistrations.ts"

/** How many registrations are in flight on a server that only knows single ones. */
const registrationsAtOnce = 16

type Registrations = Effect.Effect<ReadonlyArray<Registered>>

/** Cuts routes into batches that the server takes. */
const batchesOf = (routes: ReadonlyArray<ObjectRoute>): ReadonlyArray<ReadonlyArray<RouteEntry>> => {
  const batches: Array<Array<RouteEntry>> = []
  let batch: Array<RouteEntry> = []
  let bytes = 0
  for (const route of routes) {
    const entry = entryOfRoute(route)
    const entryBytes = Buffer.byteLength(JSON.stringify(entry))
    if (batch.length === 0 || batch.length === maxLookupIds || bytes + entryBytes > maxBatchBytes) {
      batch = []
      bytes = 0
      batches.push(batch)
    }
    batch.push({ route, entry })
    bytes += entryBytes
  }
  return batches
}

/** Whether the service was not there to answer, so that the next call would only wait in vain, too. */
const isAway = ({ reason }: BackendError): boolean => reason._tag === "Unavailable" || reason._tag === "Timeout"

/** Whether a batch was refused before any of it was applied: as one that is no entry, or as a call not known. */
export const isRefused = ({ reason, maybeApplied }: BackendError): boolean =>
  !maybeApplied && (reason._tag === "Rejected" || reason._tag === "Protocol")

const failAll = (routes: ReadonlyArray<unknown>, error: BackendError): ReadonlyArray<Registered> =>
  routes.map(() => Result.fail(error))

/** Registers one by one, those of one key in order; once the service is away, what was not sent yet is not sent. */
const oneByOne =
  (register: (route: ObjectRoute) => Effect.Effect<Option.Option<ObjectRoute>, BackendError>) =>
  (routes: ReadonlyArray<ObjectRoute>): Registrations =>
    Effect.suspend(() => {
      let away: BackendError | undefined
      const attempt = (route: ObjectRoute) =>
        Effect.suspend(() => (away === undefined ? register(route) : Effect.fail(withMaybeApplied(away, false)))).pipe(
          Effect.tapError((error) =>
            Effect.sync(() => {
              if (isAway(error)) away = error
            }),
          ),
          Effect.result,
        )
      const ofKeys = Map.groupBy(routes.keys(), (index) => routes[index]?.key)
      const inOrder = (indexes: ReadonlyArray<number>) =>
        Effect.forEach(
          indexes.flatMap((index) => routes[index] ?? []),
          (route, place) => Effect.map(attempt(route), (outcome) => ({ index: indexes[place] ?? 0, outcome })),
        )
      return Effect.map(Effect.forEach(ofKeys.values(), inOrder, { concurrency: registrationsAtOnce }), (done) =>
        done
          .flat()
          .toSorted((left, right) => left.index - right.index)
          .map(({ outcome }) => outcome),
      )
    })

/** Gives `registerMany`. */
export const registrations = (client: ServiceClient, published: PublishedObjects, extended: ExtendedObjects) => {
  const registerPublished = Effect.fnUntraced(function* (route: ObjectRoute) {
    const created = yield* published.create(route)
    if (client.extensions() === true) return created ? Option.none() : yield* extended.register(route)
    const previous = created ? Option.none<ObjectRoute>() : yield* published.find(route.key)
    const isWritten = created || (Option.isSome(previous) && isSameRoute(previous.value, route))
    // The update also sets the field that makes listing work, where the key can stand in its path.
    const updating = published.update(route)
    if (!isWritten || isPathSafe(route.key)) yield* created ? afterWriting(updating) : updating
    return previous
  })

  const register = (route: ObjectRoute) => orPublished(client, extended.register(route), registerPublished(route))
  const registerEach = oneByOne(register)
  const registerQueried = queriedRegistrations({ published, register: registerPublished, each: oneByOne })

  const registerBatch = (batch: ReadonlyArray<RouteEntry>): Registrations => {
    const routes = batch.map(({ route }) => route)
    if (batch.length === 1) return registerEach(routes)
    return Effect.catch(extended.registerBatch(batch), (error) =>
      isRefused(error) ? registerEach(routes) : Effect.succeed(failAll(routes, error)),
    )
  }

  /** The first answer tells the kind of server, so a batch on an unknown one begins with one route. */
  const registerFirst = Effect.fnUntraced(function* (
    routes: ReadonlyArray<ObjectRoute>,
  ): Effect.fn.Return<ReadonlyArray<Registered>> {
    const [first, ...rest] = routes
    if (first === undefined) return []
    const outcome = yield* Effect.result(register(first))
    if (rest.length === 0) return [outcome]
    const isUnknown = client.extensions() === undefined
    if (isUnknown && Result.isFailure(outcome))
      return [outcome, ...failAll(rest, withMaybeApplied(outcome.failure, false))]
    return [outcome, ...(yield* isUnknown ? registerEach(rest) : registerMany(rest))]
  })

  const registerMany = (routes: ReadonlyArray<ObjectRoute>): Registrations =>
    Effect.suspend(() => {
      if (client.extensions() === undefined) return registerFirst(routes)
      if (client.extensions() === false) return registerQueried(routes)
      return Effect.map(Effect.forEach(batchesOf(routes), registerBatch), (outcomes) => outcomes.flat())
    })

  return registerMany
}
