/** The calls on an object's copies: the published ones tell cases apart that ours do not. */
import { WireCopy, WireCopyName, WireCopyOf, WireNewCopyOf, WireNewCopyOfMany } from "@framedb/routing"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import { hasCopy, withCopy, withoutCopy } from "../entries/copies.ts"
import type { Entries } from "../entries/Entries.ts"
import { Refusal } from "../entries/Refusal.ts"
import type { Change } from "../store/RouteStore.ts"
import { acknowledged, answer, data } from "./answers.ts"
import { bodyReader } from "./readBody.ts"

const readCopy = bodyReader(WireCopy)
const readCopyName = bodyReader(WireCopyName)
const readNewCopyOf = bodyReader(WireNewCopyOf)
const readNewCopyOfMany = bodyReader(WireNewCopyOfMany)
const readCopyOf = bodyReader(WireCopyOf)

/** Other clients read the text of this answer from `message`, also when it is a failure. */
const noSuchCopy = HttpServerResponse.jsonUnsafe({ success: false, message: "Copy does not exist" }, { status: 404 })

/** Whether a copy was there before a change; nothing without the object. */
const hadCopy = (change: Option.Option<Change>, framedbId: string) =>
  Option.map(
    Option.flatMap(change, ({ before }) => before),
    (before) => hasCopy(before, framedbId),
  )

const copyChanges = (objects: Entries) => ({
  add: Effect.fnUntraced(function* (id: string, copy: typeof WireCopy.Type) {
    const change = yield* objects.amend(id, (entry) =>
      hasCopy(entry, copy.framedb_id) ? undefined : withCopy(entry, copy.framedb_id, copy.framedb_type),
    )
    return hadCopy(change, copy.framedb_id)
  }),
  addToMany: Effect.fnUntraced(function* ({ object_ids, framedb_id, framedb_type }: typeof WireNewCopyOfMany.Type) {
    const ids = [...new Set<string>(object_ids)]
    const changes = yield* objects.amendMany(ids, (entry) =>
      hasCopy(entry, framedb_id) ? undefined : withCopy(entry, framedb_id, framedb_type),
    )
    const found = new Map(ids.map((id, index) => [id, Option.isSome(changes[index] ?? Option.none())]))
    return object_ids.map((id) => found.get(id) ?? false)
  }),
  remove: Effect.fnUntraced(function* (id: string, framedbId: string) {
    const change = yield* objects.amend(id, (entry) =>
      hasCopy(entry, framedbId) ? withoutCopy(entry, framedbId) : undefined,
    )
    return hadCopy(change, framedbId)
  }),
})

/** The calls on copies. */
export const copyHandlers = (objects: Entries) => {
  const changes = copyChanges(objects)

  const add = Effect.fnUntraced(function* (id: string, request: HttpServerRequest) {
    const wasThere = yield* changes.add(id, yield* readCopy(request))
    if (Option.isNone(wasThere)) return yield* objects.missing(id)
    if (!wasThere.value) return acknowledged("Copy added", id)
    return yield* new Refusal({ status: 400, message: "the copy exists already" })
  })

  const remove = Effect.fnUntraced(function* (id: string, request: HttpServerRequest) {
    const { framedb_id } = yield* readCopyName(request)
    const wasThere = yield* changes.remove(id, framedb_id)
    if (Option.isNone(wasThere)) return yield* objects.missing(id)
    return wasThere.value ? acknowledged("Copy removed", id) : noSuchCopy
  })

  const exists = Effect.fnUntraced(function* (id: string, framedbId: string) {
    const [entry] = yield* objects.readMany([id])
    const isThere = entry !== undefined && Option.isSome(entry) && hasCopy(entry.value, framedbId)
    return isThere ? acknowledged("Copy exists", id) : noSuchCopy
  })

  return {
    add: (id: string, request: HttpServerRequest) => answer(add(id, request)),
    remove: (id: string, request: HttpServerRequest) => answer(remove(id, request)),
    exists: (id: string, framedbId: string) => answer(exists(id, framedbId)),
    addTo: (request: HttpServerRequest) =>
      readNewCopyOf(request).pipe(
        Effect.flatMap((copy) => changes.add(copy.object_id, copy)),
        Effect.map((wasThere) => data({ found: Option.isSome(wasThere) })),
        answer,
      ),
    addToMany: (request: HttpServerRequest) =>
      readNewCopyOfMany(request).pipe(
        Effect.flatMap(changes.addToMany),
        Effect.map((found) => data({ found })),
        answer,
      ),
    removeFrom: (request: HttpServerRequest) =>
      readCopyOf(request).pipe(
        Effect.flatMap((copy) => changes.remove(copy.object_id, copy.framedb_id)),
        Effect.map((wasThere) => data({ removed: Option.getOrElse(wasThere, () => false) })),
        answer,
      ),
  }
}
