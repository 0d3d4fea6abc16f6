import { FrameDBApi, WireObject, WireObjectName, WireObjectPart, WireObjects } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { makeEntries } from "../entries/Entries.ts"
import { objectKind } from "../entries/kinds.ts"
import { RouteStore } from "../store/RouteStore.ts"
import { answer, data } from "./answers.ts"
import { copyHandlers } from "./copyHandlers.ts"
import { type EntryBodies, entryHandlers } from "./entryHandlers.ts"
import { bodyReader } from "./readBody.ts"

const readObjectName = bodyReader(WireObjectName)

const readObjects = bodyReader(WireObjects)

const bodies: EntryBodies = {
  title: "Object",
  readEntry: bodyReader(WireObject),
  readPart: bodyReader(WireObjectPart),
  readName: (request) => Effect.map(readObjectName(request), ({ object_id }) => object_id),
}

/** The routing service's calls on objects. */
export const objectHandlers = HttpApiBuilder.group(
  FrameDBApi,
  "objects",
  Effect.fnUntraced(function* (handlers) {
    const entries = makeEntries(yield* RouteStore, objectKind)
    const objects = entryHandlers(entries, bodies)
    const copies = copyHandlers(entries)
    return handlers
      .handleRaw("create", ({ request }) => objects.create(request))
      .handleRaw("query", ({ request }) => objects.query(request))
      .handleRaw("read", ({ params }) => objects.read(params.id))
      .handleRaw("update", ({ params, request }) => objects.update(params.id, request))
      .handleRaw("remove", ({ params }) => objects.remove(params.id))
      .handleRaw("addCopy", ({ params, request }) => copies.add(params.id, request))
      .handleRaw("removeCopy", ({ params, request }) => copies.remove(params.id, request))
      .handleRaw("copyExists", ({ params }) => copies.exists(params.id, params.framedbId))
      .handleRaw("lookup", ({ request }) => objects.lookup(request))
      .handleRaw("upsert", ({ request }) => objects.upsert(request))
      .handleRaw("register", ({ request }) =>
        readObjects(request).pipe(
          Effect.flatMap((batch) => entries.upsertMany(batch.entries)),
          Effect.map((previous) => data(previous.map(Option.getOrNull))),
          answer,
        ),
      )
      .handleRaw("removeNamed", ({ request }) => objects.removeNamed(request))
      .handleRaw("addCopyTo", ({ request }) => copies.addTo(request))
      .handleRaw("addCopyToMany", ({ request }) => copies.addToMany(request))
      .handleRaw("removeCopyFrom", ({ request }) => copies.removeFrom(request))
      .handleRaw("list", ({ request }) => objects.list(request))
  }),
)
