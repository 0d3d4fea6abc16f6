/** Objects' routes by our own server's calls: one a batch, and keys in bodies, where every key is possible. */
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
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { maxPageEntries } from "../contract/wire.ts"
import { callExtension, fieldOf, listOf } from "../http/entries.ts"
import type { ServiceClient } from "../http/ServiceClient.ts"
import { entryOfCopy, entryOfRoute } from "./objectEntry.ts"
import { decodeRoute, routesOfEntries } from "./publishedReads.ts"
import { filterOfQuery } from "./routeQuery.ts"

/** Routes by our own server's calls. */
export const extendedObjects = (client: ServiceClient): ObjectRouting["Service"] => {
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

  const register = Effect.fnUntraced(function* (route: ObjectRoute) {
    const operation = "register"
    const body = entryOfRoute(route)
    const envelope = yield* callExtension(client, "objects", "upsert", { operation, write: true, body })
    return yield* toRoute(operation, route.key, yield* fieldOf(client, operation, envelope, "previous"))
  })

  const ask = Effect.fnUntraced(function* (operation: string, name: string, body: unknown, answer: string) {
    const envelope = yield* callExtension(client, "objects", name, { operation, write: true, body })
    return (yield* fieldOf(client, operation, envelope, answer)) === true
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
    const next = envelope.body["next"]
    return [routes, Predicate.isString(next) ? Option.some(next) : Option.none<string>()] as const
  })

  return {
    findMany,
    register,
    remove: (key) => ask("remove", "remove", { object_id: key }, "removed"),
    addCopy: (key: ObjectKey, copy: Location) =>
      ask("addCopy", "add-copy", { object_id: key, ...entryOfCopy(copy) }, "found"),
    removeCopy: (key: ObjectKey, framedbId: FramedbId) =>
      ask("removeCopy", "remove-copy", { object_id: key, framedb_id: framedbId }, "removed"),
    list: (query) =>
      Stream.paginate<string | undefined, ObjectRoute, BackendError>(undefined, (after) => page(query, after)),
  }
}
