/** Objects' routes by our own server's calls: one a batch, and keys in bodies, where every key is possible. */
import type {
  BackendError,
  FramedbId,
  Location,
  ObjectKey,
  ObjectRoute,
  ObjectRouting,
  Registered,
  RemovedRoute,
  RouteQuery,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { maxPageEntries } from "../contract/wire.ts"
import { afterWriting, callExtension, fieldOf, listOf, nextPage } from "../http/entries.ts"
import type { ServiceClient } from "../http/ServiceClient.ts"
import { entryOfCopy, entryOfRoute, type RouteEntry, routeOfEntry } from "./objectEntry.ts"
import { decodeRoute, routesOfEntries } from "./publishedReads.ts"
import { filterOfQuery } from "./routeQuery.ts"

/** Our own server's calls. */
export interface ExtendedObjects extends Omit<ObjectRouting["Service"], "registerMany"> {
  readonly register: (route: ObjectRoute) => Effect.Effect<Option.Option<ObjectRoute>, BackendError>
  /** Registers a batch of at most `maxLookupIds` entries and `maxBatchBytes`; fails where not all of it was applied. */
  readonly registerBatch: (batch: ReadonlyArray<RouteEntry>) => Effect.Effect<ReadonlyArray<Registered>, BackendError>
}

/** Routes by our own server's calls. */
export const extendedObjects = (client: ServiceClient): ExtendedObjects => {
  const toRoute = (operation: string, key: ObjectKey, entry: unknown) =>
    entry === null
      ? Effect.succeed(Option.none<ObjectRoute>())
      : Effect.map(decodeRoute(client, operation, key, entry), Option.some)

  const findMany = Effect.fnUntraced(function* (keys: ReadonlyArray<ObjectKey>) {
    const operation = "findMany"
    const envelope = yield* callExtension(client, "objects", "lookup", { operation, write: false, body: { ids: keys } })
    const entries = yield* listOf(client, operation, envelope)
    if (entries.length !== keys.length) {
      return yield* client.failure({ operation }, "Protocol", "the answer has another number of entries than was asked")
    }
    return yield* Effect.forEach(keys, (key, index) => toRoute(operation, key, entries[index]))
  })

  /** The route that was replaced. By then the new one is registered, whatever the old one was. */
  const previousOf = (key: ObjectKey, entry: unknown) => afterWriting(toRoute("register", key, entry))

  const register = Effect.fnUntraced(function* (route: ObjectRoute) {
    const operation = "register"
    const body = entryOfRoute(route)
    const envelope = yield* callExtension(client, "objects", "upsert", { operation, write: true, body })
    return yield* previousOf(route.key, yield* afterWriting(fieldOf(client, operation, envelope, "previous")))
  })

  const registerBatch = Effect.fnUntraced(function* (batch: ReadonlyArray<RouteEntry>) {
    const operation = "register"
    const body = { entries: batch.map(({ entry }) => entry) }
    const envelope = yield* callExtension(client, "objects", "register", { operation, write: true, body })
    const previous = yield* afterWriting(listOf(client, operation, envelope))
    if (previous.length !== batch.length) {
      const message = "the answer has another number of entries than were registered"
      return yield* afterWriting(Effect.fail(client.failure({ operation }, "Protocol", message)))
    }
    return yield* Effect.forEach(batch, ({ route }, index) => Effect.result(previousOf(route.key, previous[index])))
  })

  const ask = Effect.fnUntraced(function* (operation: string, name: string, body: unknown, answer: string) {
    const envelope = yield* callExtension(client, "objects", name, { operation, write: true, body })
    return (yield* afterWriting(fieldOf(client, operation, envelope, answer))) === true
  })

  /** Older servers of ours don't tell the entry, and one of another client's may be none that can be used. */
  const remove = Effect.fnUntraced(function* (
    key: ObjectKey,
  ): Effect.fn.Return<Option.Option<RemovedRoute>, BackendError> {
    const operation = "remove"
    const call = { operation, write: true, body: { object_id: key } }
    const envelope = yield* callExtension(client, "objects", "remove", call)
    if ((yield* afterWriting(fieldOf(client, operation, envelope, "removed"))) !== true) return Option.none()
    const data = envelope.body["data"]
    const route = Predicate.hasProperty(data, "previous") ? routeOfEntry(key, data.previous) : "untold"
    return Option.some(typeof route === "string" ? "untold" : route)
  })

  const addCopies = Effect.fnUntraced(function* (keys: ReadonlyArray<ObjectKey>, copy: Location) {
    const operation = "addCopy"
    const body = { object_ids: keys, ...entryOfCopy(copy) }
    const envelope = yield* callExtension(client, "objects", "add-copies", { operation, write: true, body })
    const found = yield* afterWriting(fieldOf(client, operation, envelope, "found"))
    if (Array.isArray(found) && found.length === keys.length) return found.map((one) => one === true)
    const message = "the answer has another number of objects than were given a copy"
    return yield* afterWriting(Effect.fail(client.failure({ operation }, "Protocol", message)))
  })

  const page = Effect.fnUntraced(function* (query: RouteQuery, after: string | undefined) {
    const body = {
      filter: filterOfQuery(query),
      limit: maxPageEntries,
      ...(query.prefix === undefined ? {} : { prefix: query.prefix }),
      ...(after === undefined ? {} : { after }),
    }
    const envelope = yield* callExtension(client, "objects", "list", { operation: "list", write: false, body })
    const routes = yield* routesOfEntries(client, yield* listOf(client, "list", envelope), query)
    return [routes, yield* nextPage(client, envelope, after)] as const
  })

  return {
    findMany,
    register,
    registerBatch,
    remove,
    addCopy: (key: ObjectKey, copy: Location) =>
      ask("addCopy", "add-copy", { object_id: key, ...entryOfCopy(copy) }, "found"),
    addCopies,
    removeCopy: (key: ObjectKey, framedbId: FramedbId) =>
      ask("removeCopy", "remove-copy", { object_id: key, framedb_id: framedbId }, "removed"),
    list: (query) =>
      Stream.paginate<string | undefined, ObjectRoute, BackendError>(undefined, (after) => page(query, after)),
  }
}
