import { FrameDBApi, WireLookup, WirePageRequest, WireStream, WireStreamName, WireStreamPart } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { makeEntries } from "../entries/Entries.ts"
import { streamKind } from "../entries/kinds.ts"
import { RouteStore } from "../store/RouteStore.ts"
import { acknowledged, answer, created, data, page } from "./answers.ts"
import { bodyReader, readJsonObject } from "./readBody.ts"

const readStream = bodyReader(WireStream)
const readPart = bodyReader(WireStreamPart)
const readLookup = bodyReader(WireLookup)
const readName = bodyReader(WireStreamName)
const readPage = bodyReader(WirePageRequest)

/** The routing service's calls on queues. */
export const streamHandlers = HttpApiBuilder.group(
  FrameDBApi,
  "streams",
  Effect.fnUntraced(function* (handlers) {
    const entries = makeEntries(yield* RouteStore, streamKind)
    return handlers
      .handleRaw("create", ({ request }) =>
        answer(Effect.map(Effect.flatMap(readStream(request), entries.create), (id) => created("Stream created", id))),
      )
      .handleRaw("query", ({ request }) =>
        answer(Effect.map(Effect.flatMap(readJsonObject(request), entries.query), data)),
      )
      .handleRaw("read", ({ params }) => answer(Effect.map(entries.read(params.id), data)))
      .handleRaw("update", ({ params, request }) =>
        answer(
          Effect.flatMap(readPart(request), (part) => entries.update(params.id, part)).pipe(
            Effect.as(acknowledged("Stream updated", params.id)),
          ),
        ),
      )
      .handleRaw("remove", ({ params }) =>
        answer(
          Effect.flatMap(entries.remove(params.id), (removed) =>
            removed
              ? Effect.succeed(acknowledged("Stream deleted", params.id))
              : Effect.fail(entries.missing(params.id)),
          ),
        ),
      )
      .handleRaw("lookup", ({ request }) =>
        answer(
          Effect.flatMap(readLookup(request), ({ ids }) => entries.readMany(ids)).pipe(
            Effect.map((found) => data(found.map(Option.getOrNull))),
          ),
        ),
      )
      .handleRaw("upsert", ({ request }) =>
        answer(
          Effect.flatMap(readStream(request), entries.upsert).pipe(
            Effect.map((previous) => data({ previous: Option.getOrNull(previous) })),
          ),
        ),
      )
      .handleRaw("removeNamed", ({ request }) =>
        answer(
          Effect.flatMap(readName(request), ({ queue_name }) => entries.remove(queue_name)).pipe(
            Effect.map((removed) => data({ removed })),
          ),
        ),
      )
      .handleRaw("list", ({ request }) =>
        answer(Effect.map(Effect.flatMap(readPage(request), entries.list), ({ entries, next }) => page(entries, next))),
      )
  }),
)
