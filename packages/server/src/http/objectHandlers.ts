import {
  FrameDBApi,
  WireCopy,
  WireCopyName,
  WireCopyOf,
  WireLookup,
  WireNewCopyOf,
  WireObject,
  WireObjectName,
  WireObjectPart,
  WirePageRequest,
} from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { hasCopy, withCopy, withoutCopy } from "../entries/copies.ts"
import { makeEntries } from "../entries/Entries.ts"
import { objectKind } from "../entries/kinds.ts"
import { Refusal } from "../entries/Refusal.ts"
import { RouteStore } from "../store/RouteStore.ts"
import { acknowledged, answer, created, data, page } from "./answers.ts"
import { bodyReader, readJsonObject } from "./readBody.ts"

const readObject = bodyReader(WireObject)
const readPart = bodyReader(WireObjectPart)
const readCopy = bodyReader(WireCopy)
const readCopyName = bodyReader(WireCopyName)
const readLookup = bodyReader(WireLookup)
const readName = bodyReader(WireObjectName)
const readNewCopyOf = bodyReader(WireNewCopyOf)
const readCopyOf = bodyReader(WireCopyOf)
const readPage = bodyReader(WirePageRequest)

const makeObjects = (store: RouteStore["Service"]) => {
  const entries = makeEntries(store, objectKind)

  /** Adds a copy where there is none; gives whether there was one, or nothing without the object. */
  const addCopy = Effect.fnUntraced(function* (id: string, copy: typeof WireCopy.Type) {
    const change = yield* entries.amend(id, (entry) =>
      hasCopy(entry, copy.framedb_id) ? undefined : withCopy(entry, copy.framedb_id, copy.framedb_type),
    )
    return Option.map(
      Option.flatMap(change, (made) => made.before),
      (before) => hasCopy(before, copy.framedb_id),
    )
  })

  /** Removes a copy; gives whether there was one, or nothing without the object. */
  const removeCopy = Effect.fnUntraced(function* (id: string, framedbId: string) {
    const change = yield* entries.amend(id, (entry) =>
      hasCopy(entry, framedbId) ? withoutCopy(entry, framedbId) : undefined,
    )
    return Option.map(
      Option.flatMap(change, (made) => made.before),
      (before) => hasCopy(before, framedbId),
    )
  })

  return { entries, addCopy, removeCopy }
}

/** Handles the published calls on one object's copies, which tell cases apart that ours do not. */
const copyAnswers = (objects: ReturnType<typeof makeObjects>) => ({
  add: Effect.fnUntraced(function* (id: string, copy: typeof WireCopy.Type) {
    const wasThere = yield* objects.addCopy(id, copy)
    if (Option.isNone(wasThere)) return yield* objects.entries.missing(id)
    if (!wasThere.value) return acknowledged("Copy added", id)
    return yield* new Refusal({ status: 400, message: "the copy exists already" })
  }),
  remove: Effect.fnUntraced(function* (id: string, framedbId: string) {
    const wasThere = yield* objects.removeCopy(id, framedbId)
    if (Option.isNone(wasThere)) return yield* objects.entries.missing(id)
    return wasThere.value
      ? acknowledged("Copy removed", id)
      : yield* new Refusal({ status: 404, message: "there is no such copy" })
  }),
  exists: Effect.fnUntraced(function* (id: string, framedbId: string) {
    const [entry] = yield* objects.entries.readMany([id])
    const isThere = entry !== undefined && Option.isSome(entry) && hasCopy(entry.value, framedbId)
    // Other clients read the text of this answer from `message`, also when it is a failure.
    return isThere
      ? acknowledged("Copy exists", id)
      : HttpServerResponse.jsonUnsafe({ success: false, message: "Copy does not exist" }, { status: 404 })
  }),
})

/** The routing service's calls on objects. */
export const objectHandlers = HttpApiBuilder.group(
  FrameDBApi,
  "objects",
  Effect.fnUntraced(function* (handlers) {
    const objects = makeObjects(yield* RouteStore)
    const { entries } = objects
    const copies = copyAnswers(objects)
    return handlers
      .handleRaw("create", ({ request }) =>
        answer(Effect.map(Effect.flatMap(readObject(request), entries.create), (id) => created("Object created", id))),
      )
      .handleRaw("query", ({ request }) =>
        answer(Effect.map(Effect.flatMap(readJsonObject(request), entries.query), data)),
      )
      .handleRaw("read", ({ params }) => answer(Effect.map(entries.read(params.id), data)))
      .handleRaw("update", ({ params, request }) =>
        answer(
          Effect.flatMap(readPart(request), (part) => entries.update(params.id, part)).pipe(
            Effect.as(acknowledged("Object updated", params.id)),
          ),
        ),
      )
      .handleRaw("remove", ({ params }) =>
        answer(
          Effect.flatMap(entries.remove(params.id), (removed) =>
            removed
              ? Effect.succeed(acknowledged("Object deleted", params.id))
              : Effect.fail(entries.missing(params.id)),
          ),
        ),
      )
      .handleRaw("addCopy", ({ params, request }) =>
        answer(Effect.flatMap(readCopy(request), (copy) => copies.add(params.id, copy))),
      )
      .handleRaw("removeCopy", ({ params, request }) =>
        answer(Effect.flatMap(readCopyName(request), (copy) => copies.remove(params.id, copy.framedb_id))),
      )
      .handleRaw("copyExists", ({ params }) => answer(copies.exists(params.id, params.framedbId)))
      .handleRaw("lookup", ({ request }) =>
        answer(
          Effect.flatMap(readLookup(request), ({ ids }) => entries.readMany(ids)).pipe(
            Effect.map((found) => data(found.map(Option.getOrNull))),
          ),
        ),
      )
      .handleRaw("upsert", ({ request }) =>
        answer(
          Effect.flatMap(readObject(request), entries.upsert).pipe(
            Effect.map((previous) => data({ previous: Option.getOrNull(previous) })),
          ),
        ),
      )
      .handleRaw("removeNamed", ({ request }) =>
        answer(
          Effect.flatMap(readName(request), ({ object_id }) => entries.remove(object_id)).pipe(
            Effect.map((removed) => data({ removed })),
          ),
        ),
      )
      .handleRaw("addCopyTo", ({ request }) =>
        answer(
          Effect.flatMap(readNewCopyOf(request), (copy) => objects.addCopy(copy.object_id, copy)).pipe(
            Effect.map((wasThere) => data({ found: Option.isSome(wasThere) })),
          ),
        ),
      )
      .handleRaw("removeCopyFrom", ({ request }) =>
        answer(
          Effect.flatMap(readCopyOf(request), (copy) => objects.removeCopy(copy.object_id, copy.framedb_id)).pipe(
            Effect.map((wasThere) => data({ removed: Option.getOrElse(wasThere, () => false) })),
          ),
        ),
      )
      .handleRaw("list", ({ request }) =>
        answer(Effect.map(Effect.flatMap(readPage(request), entries.list), ({ entries, next }) => page(entries, next))),
      )
  }),
)
