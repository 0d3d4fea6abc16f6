/** Queues' routes by our own server's calls: one an operation, and names in bodies, where every name is possible. */
import type { BackendError, QueueName, StreamRoute, StreamRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { maxPageEntries } from "../contract/wire.ts"
import { callExtension, fieldOf, listOf, nextPage } from "../http/entries.ts"
import type { ServiceClient } from "../http/ServiceClient.ts"
import { decodeStream, streamsOfEntries } from "./publishedStreams.ts"
import { entryOfStream } from "./streamEntry.ts"

/** Routes by our own server's calls. */
export const extendedStreams = (client: ServiceClient): StreamRouting["Service"] => {
  const toRoute = (operation: string, queue: QueueName, entry: unknown) =>
    entry === null || entry === undefined
      ? Effect.succeed(Option.none<StreamRoute>())
      : Effect.map(decodeStream(client, operation, queue, entry), Option.some)

  const find = Effect.fnUntraced(function* (queue: QueueName) {
    const call = { operation: "find", write: false, body: { ids: [queue] } }
    const entries = yield* listOf(client, "find", yield* callExtension(client, "streams", "lookup", call))
    return yield* toRoute("find", queue, entries[0])
  })

  const register = Effect.fnUntraced(function* (route: StreamRoute) {
    const call = { operation: "register", write: true, body: entryOfStream(route) }
    const envelope = yield* callExtension(client, "streams", "upsert", call)
    return yield* toRoute("register", route.queue, yield* fieldOf(client, "register", envelope, "previous"))
  })

  const remove = Effect.fnUntraced(function* (queue: QueueName) {
    const call = { operation: "remove", write: true, body: { queue_name: queue } }
    const envelope = yield* callExtension(client, "streams", "remove", call)
    return (yield* fieldOf(client, "remove", envelope, "removed")) === true
  })

  const page = Effect.fnUntraced(function* (after: string | undefined) {
    const body = { limit: maxPageEntries, ...(after === undefined ? {} : { after }) }
    const envelope = yield* callExtension(client, "streams", "list", { operation: "list", write: false, body })
    const routes = yield* streamsOfEntries(client, yield* listOf(client, "list", envelope))
    return [routes, yield* nextPage(client, envelope, after)] as const
  })

  return {
    find,
    register,
    remove,
    list: Stream.paginate<string | undefined, StreamRoute, BackendError>(undefined, page),
  }
}
