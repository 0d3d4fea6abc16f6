import { FrameDBApi, WireStream, WireStreamName, WireStreamPart } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { makeEntries } from "../entries/Entries.ts"
import { streamKind } from "../entries/kinds.ts"
import { RouteStore } from "../store/RouteStore.ts"
import { type EntryBodies, entryHandlers } from "./entryHandlers.ts"
import { bodyReader } from "./readBody.ts"

const readStreamName = bodyReader(WireStreamName)

const bodies: EntryBodies = {
  title: "Stream",
  readEntry: bodyReader(WireStream),
  readPart: bodyReader(WireStreamPart),
  readName: (request) => Effect.map(readStreamName(request), ({ queue_name }) => queue_name),
}

/** The routing service's calls on queues. */
export const streamHandlers = HttpApiBuilder.group(
  FrameDBApi,
  "streams",
  Effect.fnUntraced(function* (handlers) {
    const streams = entryHandlers(makeEntries(yield* RouteStore, streamKind), bodies)
    return handlers
      .handleRaw("create", ({ request }) => streams.create(request))
      .handleRaw("query", ({ request }) => streams.query(request))
      .handleRaw("read", ({ params }) => streams.read(params.id))
      .handleRaw("update", ({ params, request }) => streams.update(params.id, request))
      .handleRaw("remove", ({ params }) => streams.remove(params.id))
      .handleRaw("lookup", ({ request }) => streams.lookup(request))
      .handleRaw("upsert", ({ request }) => streams.upsert(request))
      .handleRaw("removeNamed", ({ request }) => streams.removeNamed(request))
      .handleRaw("list", ({ request }) => streams.list(request))
  }),
)
