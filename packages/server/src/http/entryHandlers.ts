/** The calls that objects and queues have in common. */
import type { JsonObject } from "@framedb/core"
import { WireLookup, WirePageRequest } from "@framedb/routing"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Option from "effect/Option"
import type { Entries } from "../entries/Entries.ts"
import type { Refusal } from "../entries/Refusal.ts"
import { acknowledged, answer, created, data, dataList, page } from "./answers.ts"
import { bodyReader, readJsonObject } from "./readBody.ts"

type ReadBody = (request: HttpServerRequest) => Effect.Effect<JsonObject, Refusal>

/** How the bodies of one kind of entry are read. */
export interface EntryBodies {
  /** In the words of the answers, such as `Object`. */
  readonly title: string
  readonly readEntry: ReadBody
  readonly readPart: ReadBody
  /** Reads a body that names an entry and gives its id. */
  readonly readName: (request: HttpServerRequest) => Effect.Effect<string, Refusal>
}

const readLookup = bodyReader(WireLookup)
const readPage = bodyReader(WirePageRequest)

/** The calls of one kind of entry. */
export const entryHandlers = (entries: Entries, { title, readEntry, readPart, readName }: EntryBodies) => ({
  create: (request: HttpServerRequest) =>
    readEntry(request).pipe(
      Effect.flatMap(entries.create),
      Effect.map((id) => created(`${title} created`, id)),
      answer,
    ),
  query: (request: HttpServerRequest) =>
    readJsonObject(request).pipe(Effect.flatMap(entries.query), Effect.map(data), answer),
  read: (id: string) => entries.read(id).pipe(Effect.map(data), answer),
  update: (id: string, request: HttpServerRequest) =>
    readPart(request).pipe(
      Effect.flatMap((part) => entries.update(id, part)),
      Effect.as(acknowledged(`${title} updated`, id)),
      answer,
    ),
  remove: (id: string) =>
    entries.remove(id).pipe(
      Effect.flatMap((removed) =>
        Option.isSome(removed)
          ? Effect.succeed(acknowledged(`${title} deleted`, id))
          : Effect.fail(entries.missing(id)),
      ),
      answer,
    ),
  lookup: (request: HttpServerRequest) =>
    readLookup(request).pipe(
      Effect.flatMap(({ ids }) => entries.readMany(ids)),
      Effect.map((found) => dataList(found.map(Option.getOrNull))),
      answer,
    ),
  upsert: (request: HttpServerRequest) =>
    readEntry(request).pipe(
      Effect.flatMap(entries.upsert),
      Effect.map((previous) => data({ previous: Option.getOrNull(previous) })),
      answer,
    ),
  removeNamed: (request: HttpServerRequest) =>
    readName(request).pipe(
      Effect.flatMap(entries.remove),
      Effect.map((previous) => data({ removed: Option.isSome(previous), previous: Option.getOrNull(previous) })),
      answer,
    ),
  list: (request: HttpServerRequest) =>
    readPage(request).pipe(
      Effect.flatMap(entries.list),
      Effect.map(({ entries, next }) => page(entries, next)),
      answer,
    ),
})
