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
import type { Envelope } from "../http/Envelope.ts"
import {
  afterWriting,
  expectSuccess,
  isAmbiguousUpdate,
  listOf,
  maxUpdateAttempts,
  unconfirmed,
} from "../http/entries.ts"
import type { ServiceClient } from "../http/ServiceClient.ts"
import { entryOfStream, fieldsOfStream, isSameStream, queueOfEntry, routeOfStreamEntry } from "./streamEntry.ts"

/** The published calls. */
export interface PublishedStreams extends Omit<StreamRouting["Service"], "register"> {
  /** Makes the route exactly this one, whether or not there was one. */
  readonly update: (route: StreamRoute) => Effect.Effect<void, BackendError>
}

/** Routes by the published calls. */
export const publishedStreams = (client: ServiceClient): PublishedStreams => {
  const streams = collectionPaths.streams

  const toRoute = (operation: string, queue: QueueName, entry: unknown) => {
    const route = routeOfStreamEntry(queue, entry)
    return typeof route === "string"
      ? Effect.fail(client.failure({ operation }, "Protocol", route))
      : Effect.succeed(route)
  }

  const query = Effect.fnUntraced(function* (operation: string, body: object) {
    const envelope = yield* client.call({ operation, method: "GET", path: streams, body, write: false })
    return yield* listOf(client, operation, envelope)
  })

  /** A single entry that names no queue at all is the answer to the filter. */
  const find = Effect.fnUntraced(function* (queue: QueueName, operation = "find") {
    const entries = yield* query(operation, { _id: queue })
    const own = entries.find((entry) => typeof entry === "object" && entry !== null && queueOfEntry(entry) === queue)
    const first = entries[0]
    if (own !== undefined) return Option.some(yield* toRoute(operation, queue, own))
    if (first === undefined) return Option.none<StreamRoute>()
    if (entries.length === 1 && typeof first === "object" && first !== null && queueOfEntry(first) === undefined) {
      return Option.some(yield* toRoute(operation, queue, first))
    }
    return yield* client.failure({ operation }, "Protocol", "the service answered other entries than the filter's")
  })

  /** A name that can't stand in a path can only be created, where the service can do that. */
  const writeOf = (route: StreamRoute) =>
    isPathSafe(route.queue)
      ? { path: `${entryPath("streams", route.queue)}/update`, body: fieldsOfStream(route) }
      : { path: streams, body: entryOfStream(route) }

  const write = (route: StreamRoute) =>
    client.call({ operation: "register", method: "POST", write: true, ...writeOf(route) })

  const update = Effect.fnUntraced(function* (route: StreamRoute) {
    const answer = yield* write(route)
    if (!answer.success) yield* afterWriting(confirm(route, answer))
  })

  /** Settles an ambiguous update by reading, and updates again where others came between. */
  const confirm = Effect.fnUntraced(function* (route: StreamRoute, answer: Envelope) {
    const operation = "register"
    for (let attempt = 1; ; attempt++) {
      const found = yield* find(route.queue, operation)
      if (Option.isSome(found) && isSameStream(found.value, route)) return
      if (!isAmbiguousUpdate(answer)) return yield* client.refusal({ operation }, answer)
      if (attempt === maxUpdateAttempts) return yield* unconfirmed(client)
      if ((yield* write(route)).success) return
    }
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
    find: (queue) => find(queue),
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
    const route = routeOfStreamEntry(queue, entry)
    if (typeof route === "string") return yield* client.failure({ operation: "list" }, "Protocol", route)
    routes.push(route)
  }
  return routes
})
