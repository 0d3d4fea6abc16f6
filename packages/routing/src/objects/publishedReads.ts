/** Reading objects' routes by the published calls, which every server has. */
import type { BackendError, ObjectKey, ObjectRoute, RouteQuery } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { collectionPaths, entryPath, isPathSafe } from "../contract/paths.ts"
import { entryOfFilter, expectSuccess, listOf } from "../http/entries.ts"
import type { Call, ServiceClient } from "../http/ServiceClient.ts"
import { keyOfEntry, routeOfEntry } from "./objectEntry.ts"
import { filterOfQuery, matchesQuery } from "./routeQuery.ts"

/** A route of an entry, or the failure of one that can't be used. */
export const decodeRoute = (
  client: ServiceClient,
  operation: string,
  key: ObjectKey,
  entry: unknown,
): Effect.Effect<ObjectRoute, BackendError> => {
  const route = routeOfEntry(key, entry)
  return typeof route === "string"
    ? Effect.fail(client.failure({ operation }, "Protocol", route))
    : Effect.succeed(route)
}

/** Reads the entries of a listing that name a key and match. */
export const routesOfEntries = Effect.fnUntraced(function* (
  client: ServiceClient,
  entries: ReadonlyArray<unknown>,
  query: RouteQuery,
): Effect.fn.Return<ReadonlyArray<ObjectRoute>, BackendError> {
  const routes: Array<ObjectRoute> = []
  for (const entry of entries) {
    const key = typeof entry === "object" && entry !== null ? keyOfEntry(entry) : undefined
    if (key === undefined) continue
    const route = yield* decodeRoute(client, "list", key, entry)
    if (matchesQuery(route, query)) routes.push(route)
  }
  return routes
})

/**
 * What one query tells of many keys. Its answers carry no `_id`, so that only entries that name their key, as this client's
 * do, can be told apart.
 */
export interface NamedRoutes {
  readonly named: ReadonlyMap<ObjectKey, ObjectRoute>
  /** Whether every entry named its key: then what was not found is not there. */
  readonly isComplete: boolean
}

/** What is known before a query, and after one that failed. */
export const nothingTold: NamedRoutes = { named: new Map(), isComplete: false }

/** From so many keys on a query is worth its call: below, single calls for what it may not tell cost as much. */
export const leastQueriedKeys = 4

const objects = collectionPaths.objects

/** Reads by the published calls. */
export const publishedReads = (client: ServiceClient) => {
  const query = Effect.fnUntraced(function* (operation: string, filter: object) {
    const call: Call = { operation, method: "GET", path: objects, body: filter, write: false }
    return yield* listOf(client, operation, yield* client.call(call))
  })

  /** A key that can't stand in a path is found by a filter. */
  const findByFilter = Effect.fnUntraced(function* (key: ObjectKey, operation: string) {
    const entries = yield* query(operation, { _id: key })
    const found = yield* entryOfFilter(client, operation, entries, (entry) => {
      const named = keyOfEntry(entry)
      return named === undefined ? undefined : named === key
    })
    return Option.isNone(found)
      ? Option.none<ObjectRoute>()
      : Option.some(yield* decodeRoute(client, operation, key, found.value))
  })

  const find = Effect.fnUntraced(function* (key: ObjectKey, operation: string) {
    if (!isPathSafe(key)) return yield* findByFilter(key, operation)
    const envelope = yield* client.call({ operation, method: "GET", path: entryPath("objects", key), write: false })
    if (envelope.status === 404) return Option.none<ObjectRoute>()
    yield* expectSuccess(client, operation, envelope)
    return Option.some(yield* decodeRoute(client, operation, key, envelope.body["data"]))
  })

  const findNamed = Effect.fnUntraced(function* (keys: ReadonlyArray<ObjectKey>, operation: string) {
    const named = new Map<ObjectKey, ObjectRoute>()
    let isComplete = true
    for (const entry of yield* query(operation, { _id: { $in: keys } })) {
      const key = typeof entry === "object" && entry !== null ? keyOfEntry(entry) : undefined
      if (key === undefined) isComplete = false
      else named.set(key, yield* decodeRoute(client, operation, key, entry))
    }
    const found: NamedRoutes = { named, isComplete }
    return found
  })

  const list = (wanted: RouteQuery) =>
    Stream.fromIterableEffect(
      Effect.flatMap(query("list", filterOfQuery(wanted)), (entries) => routesOfEntries(client, entries, wanted)),
    )

  return { find, findNamed, list }
}
