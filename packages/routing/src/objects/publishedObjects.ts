/**
 * Objects' routes by the published calls, which every server has.
 *
 * The published service answers 400 both for "created" and for "nothing changed", so every 400 is settled by reading.
 */
import type {
  BackendError,
  FramedbId,
  Location,
  ObjectKey,
  ObjectRoute,
  ObjectRouting,
  RouteQuery,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { collectionPaths, entryPath, isPathSafe } from "../contract/paths.ts"
import type { Envelope } from "../http/Envelope.ts"
import {
  afterWriting,
  expectSuccess,
  isAmbiguousUpdate,
  listOf,
  maxUpdateAttempts,
  unconfirmed,
} from "../http/entries.ts"
import type { Call, ServiceClient } from "../http/ServiceClient.ts"
import { entryOfCopy, entryOfRoute, fieldsOfRoute, isSameRoute, keyOfEntry, routeOfEntry } from "./objectEntry.ts"
import { filterOfQuery, matchesQuery } from "./routeQuery.ts"

type Routes = ObjectRouting["Service"]

/** The published calls; of reads only that of one key, since they know no batch. */
export interface PublishedObjects extends Omit<Routes, "findMany" | "register"> {
  readonly find: (key: ObjectKey) => Effect.Effect<Option.Option<ObjectRoute>, BackendError>
  /** Creates a route; `false` where there is one. */
  readonly create: (route: ObjectRoute) => Effect.Effect<boolean, BackendError>
  /** Makes an existing route exactly this one. */
  readonly update: (route: ObjectRoute) => Effect.Effect<void, BackendError>
}

/** Routes by the published calls. */
export const publishedObjects = (client: ServiceClient): PublishedObjects => {
  const objects = collectionPaths.objects

  const toRoute = (operation: string, key: ObjectKey, entry: unknown) => {
    const route = routeOfEntry(key, entry)
    return typeof route === "string"
      ? Effect.fail(client.failure({ operation }, "Protocol", route))
      : Effect.succeed(route)
  }

  const read = Effect.fnUntraced(function* (key: ObjectKey, operation: string) {
    if (!isPathSafe(key)) return yield* readByFilter(key, operation)
    const envelope = yield* client.call({ operation, method: "GET", path: entryPath("objects", key), write: false })
    if (envelope.status === 404) return Option.none()
    yield* expectSuccess(client, operation, envelope)
    return Option.some(yield* toRoute(operation, key, envelope.body["data"]))
  })

  /** Reads a key that no path can name. A single entry that names no key at all is the answer to the filter. */
  const readByFilter = Effect.fnUntraced(function* (key: ObjectKey, operation: string) {
    const body = { _id: key }
    const envelope = yield* client.call({ operation, method: "GET", path: objects, body, write: false })
    const entries = yield* listOf(client, operation, envelope)
    const own = entries.find((entry) => typeof entry === "object" && entry !== null && keyOfEntry(entry) === key)
    const first = entries[0]
    if (own !== undefined) return Option.some(yield* toRoute(operation, key, own))
    if (first === undefined) return Option.none()
    if (entries.length === 1 && typeof first === "object" && first !== null && keyOfEntry(first) === undefined) {
      return Option.some(yield* toRoute(operation, key, first))
    }
    return yield* client.failure({ operation }, "Protocol", "the service answered other entries than the filter's")
  })

  const write = (
    operation: string,
    key: ObjectKey,
    action: string,
    body: unknown,
  ): Effect.Effect<Envelope, BackendError> =>
    isPathSafe(key)
      ? client.call({ operation, method: "POST", path: `${entryPath("objects", key)}/${action}`, body, write: true })
      : Effect.fail(unreachableKey(operation, key))

  const unreachableKey = (operation: string, key: ObjectKey) => {
    const error = `this routing service can read and create, but not change, an entry with the key ${JSON.stringify(key)}`
    return client.refusal({ operation }, { status: 400, success: false, body: { error } })
  }

  const create = Effect.fnUntraced(function* (route: ObjectRoute) {
    const call: Call = { operation: "register", method: "POST", path: objects, body: entryOfRoute(route), write: true }
    const envelope = yield* client.call(call)
    if (!envelope.success) {
      if (/E11000|duplicate/i.test(String(envelope.body["error"]))) return false
      return yield* client.refusal(call, envelope)
    }
    const id = envelope.body["id"]
    if (id === undefined || id === route.key) return true
    // An entry under an id of the service's own choosing is of no use to anyone: it is taken back.
    if (typeof id === "string" && isPathSafe(id)) {
      yield* Effect.ignore(client.call({ ...call, method: "DELETE", path: entryPath("objects", id), body: undefined }))
    }
    return yield* afterWriting(
      Effect.fail(client.failure(call, "Protocol", "the service created the entry under another id than the key")),
    )
  })

  const writeFields = (route: ObjectRoute) => write("register", route.key, "update", fieldsOfRoute(route))

  const update = Effect.fnUntraced(function* (route: ObjectRoute) {
    const answer = yield* writeFields(route)
    if (!answer.success) yield* afterWriting(confirm(route, answer))
  })

  /** Settles an ambiguous update by reading, and updates again where others came between. */
  const confirm = Effect.fnUntraced(function* (route: ObjectRoute, answer: Envelope) {
    const operation = "register"
    for (let attempt = 1; ; attempt++) {
      const found = yield* read(route.key, operation)
      if (Option.isSome(found) && isSameRoute(found.value, route)) return
      if (!isAmbiguousUpdate(answer)) return yield* client.refusal({ operation }, answer)
      if (attempt === maxUpdateAttempts) return yield* unconfirmed(client)
      if ((yield* writeFields(route)).success) return
    }
  })

  const remove = Effect.fnUntraced(function* (key: ObjectKey) {
    const operation = "remove"
    if (!isPathSafe(key)) {
      if (Option.isNone(yield* readByFilter(key, operation))) return false
      return yield* unreachableKey(operation, key)
    }
    const envelope = yield* client.call({ operation, method: "DELETE", path: entryPath("objects", key), write: true })
    if (envelope.status === 404) return false
    yield* expectSuccess(client, operation, envelope)
    return true
  })

  const addCopy = Effect.fnUntraced(function* (key: ObjectKey, copy: Location) {
    const operation = "addCopy"
    const envelope = yield* write(operation, key, "add-copy", entryOfCopy(copy))
    if (envelope.success) return true
    const found = yield* read(key, operation)
    if (Option.isNone(found)) return false
    if (found.value.copies.some((other) => other.framedbId === copy.framedbId)) return true
    return yield* client.refusal({ operation }, envelope)
  })

  const removeCopy = Effect.fnUntraced(function* (key: ObjectKey, framedbId: FramedbId) {
    const operation = "removeCopy"
    const envelope = yield* write(operation, key, "remove-copy", { framedb_id: framedbId })
    if (envelope.success) return true
    if (envelope.status === 404) return false
    const found = yield* read(key, operation)
    if (Option.isSome(found) && found.value.copies.some((copy) => copy.framedbId === framedbId)) {
      return yield* client.refusal({ operation }, envelope)
    }
    return false
  })

  const list = (query: RouteQuery) =>
    Stream.fromIterableEffect(
      Effect.gen(function* () {
        const operation = "list"
        const call: Call = { operation, method: "GET", path: objects, body: filterOfQuery(query), write: false }
        const entries = yield* listOf(client, operation, yield* client.call(call))
        return yield* routesOfEntries(client, entries, query)
      }),
    )

  return { find: (key) => read(key, "findMany"), create, update, remove, addCopy, removeCopy, list }
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
    const route = routeOfEntry(key, entry)
    if (typeof route === "string") return yield* client.failure({ operation: "list" }, "Protocol", route)
    if (matchesQuery(route, query)) routes.push(route)
  }
  return routes
})
