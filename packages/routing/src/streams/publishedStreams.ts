/**
 * Queues' routes by the published calls that work on every server.
 *
 * The published service answers 500 when a queue is registered or looked up by its path. Its update creates too, and its
 * filter finds; our server has the same calls, so the broken ones are never tried.
 */
import type { BackendError, QueueName, StreamRoute, StreamRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { collectionPaths, entryPath, isPathSafe } from "../contract/paths.ts"
import { confirmUpdate } from "../http/confirmUpdate.ts"
import { entryOfFilter, expectSuccess, listOf } from "../http/entries.ts"
import type { ServiceClient } from "../http/ServiceClient.ts"
import { entryOfStream, fieldsOfStream, isSameStream, queueOfEntry, routeOfStreamEntry } from "./streamEntry.ts"

/** The published calls. */
export interface PublishedStreams extends Omit<StreamRouting["Service"], "register"> {
  /** Makes the route exactly this one, whether or not there was one. */
  readonly update: (route: StreamRoute) => Effect.Effect<void, BackendError>
}

/** A name that can't stand in a path can only be created, where the service can do that. */
const writeOf = (route: StreamRoute) =>
  isPathSafe(route.queue)
    ? { path: `${entryPath("streams", route.queue)}/update`, body: fieldsOfStream(route) }
    : { path: collectionPaths.streams, body: entryOfStream(route) }

/** A route of an entry, or the failure of one that can't be used. */
export const decodeStream = (
  client: ServiceClient,
  operation: string,
  queue: QueueName,
  entry: unknown,
): Effect.Effect<StreamRoute, BackendError> => {
  const route = routeOfStreamEntry(queue, entry)
  return typeof route === "string"
    ? Effect.fail(client.failure({ operation }, "Protocol", route))
    : Effect.succeed(route)
}

/** Routes by the published calls. */
export const publishedStreams = (client: ServiceClient): PublishedStreams => {
  const query = Effect.fnUntraced(function* (operation: string, body: object) {
    const envelope = yield* client.call({ operation, method: "GET", path: collectionPaths.streams, body, write: false })
    return yield* listOf(client, operation, envelope)
  })

  const find = Effect.fnUntraced(function* (queue: QueueName, operation: string) {
    const entries = yield* query(operation, { _id: queue })
    const found = yield* entryOfFilter(client, operation, entries, (entry) => {
      const named = queueOfEntry(entry)
      return named === undefined ? undefined : named === queue
    })
    return Option.isNone(found)
      ? Option.none<StreamRoute>()
      : Option.some(yield* decodeStream(client, operation, queue, found.value))
  })

  const update = (route: StreamRoute) =>
    confirmUpdate(client, {
      send: client.call({ operation: "register", method: "POST", write: true, ...writeOf(route) }),
      isDone: Effect.map(
        find(route.queue, "register"),
        (found) => Option.isSome(found) && isSameStream(found.value, route),
      ),
    })

  const remove = Effect.fnUntraced(function* (queue: QueueName) {
    const operation = "remove"
    if (!isPathSafe(queue)) {
      if (Option.isNone(yield* find(queue, operation))) return false
      const error = `this routing service can't remove an entry with the name ${JSON.stringify(queue)}`
      return yield* client.refusal({ operation }, { status: 400, success: false, body: { error } })
    }
    const envelope = yield* client.call({ operation, method: "DELETE", path: entryPath("streams", queue), write: true })
    if (envelope.status === 404) return false
    yield* expectSuccess(client, operation, envelope)
    return true
  })

  return {
    find: (queue) => find(queue, "find"),
    update,
    remove,
    list: Stream.fromIterableEffect(Effect.flatMap(query("list", {}), (entries) => streamsOfEntries(client, entries))),
  }
}

/** Reads the entries of a listing that name a queue. */
export const streamsOfEntries = Effect.fnUntraced(function* (
  client: ServiceClient,
  entries: ReadonlyArray<unknown>,
): Effect.fn.Return<ReadonlyArray<StreamRoute>, BackendError> {
  const routes: Array<StreamRoute> = []
  for (const entry of entries) {
    const queue = typeof entry === "object" && entry !== null ? queueOfEntry(entry) : undefined
    if (queue === undefined) continue
    routes.push(yield* decodeStream(client, "list", queue, entry))
  }
  return routes
})
