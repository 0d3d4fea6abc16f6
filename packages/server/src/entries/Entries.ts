/** What can be done with the entries of one kind, whatever the store. */
import type { JsonObject } from "@framedb/core"
import { maxPageEntries } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { compileFilter, type EntryPredicate, FilterProblem, idsOfFilter } from "../filter/compileFilter.ts"
import type { Change, RouteStore, StoredEntry, StoreError } from "../store/RouteStore.ts"
import type { EntryKind } from "./kinds.ts"
import { Refusal } from "./Refusal.ts"

/** The most entries of one answer to a query that does not page. */
export const maxQueryEntries = 100_000

/** The most entries that one page of a listing looks at, so that a filter that matches nothing ends too. */
const maxScannedEntries = 10_000

/** A page of a listing. */
export interface EntryPage {
  readonly entries: ReadonlyArray<JsonObject>
  /** The `after` of the next page; `undefined` on the last. */
  readonly next: string | undefined
}

/** What a listing asks for. */
export interface EntryPageRequest {
  readonly filter?: JsonObject
  readonly prefix?: string
  readonly after?: string
  readonly limit?: number
}

/** The entries of one kind. They come with their `_id`. */
export type Entries = ReturnType<typeof makeEntries>

/** Opens the entries of a kind in a store. */
export const makeEntries = (store: RouteStore["Service"], kind: EntryKind) => {
  const { collection, idField } = kind
  const idNames = ["_id", idField]

  const shown = (id: string, fields: JsonObject): JsonObject => ({ _id: id, ...fields, [idField]: id })

  const shownOption = (id: string, fields: Option.Option<JsonObject>) => Option.map(fields, (found) => shown(id, found))

  /** What is stored of an entry: everything but its `_id`. */
  const fieldsOf = (id: string, entry: JsonObject): JsonObject => {
    const { _id, ...fields } = entry
    return { ...kind.defaults, ...fields, [idField]: id }
  }

  const idOf = (entry: JsonObject): Effect.Effect<string, Refusal> => {
    const names = idNames.map((name) => entry[name]).filter((name) => typeof name === "string")
    const [id, other] = names
    if (id === undefined) return Effect.fail(new Refusal({ status: 400, message: `${idField} is missing` }))
    if (other !== undefined && other !== id) {
      return Effect.fail(new Refusal({ status: 400, message: `_id and ${idField} differ` }))
    }
    return Effect.succeed(id)
  }

  const missing = (id: string) =>
    new Refusal({ status: 404, message: `there is no ${kind.noun} ${JSON.stringify(id)}` })

  const predicateOf = (filter: JsonObject): Effect.Effect<EntryPredicate, Refusal> => {
    const compiled = compileFilter(filter)
    return compiled instanceof FilterProblem
      ? Effect.fail(new Refusal({ status: 400, message: `bad filter: ${compiled.problem}` }))
      : Effect.succeed(compiled)
  }

  const readMany = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const found = yield* store.readMany(collection, ids)
    return ids.map((id, index) => shownOption(id, found[index] ?? Option.none()))
  })

  const read = Effect.fnUntraced(function* (id: string): Effect.fn.Return<JsonObject, Refusal | StoreError> {
    const [found] = yield* readMany([id])
    return found !== undefined && Option.isSome(found) ? found.value : yield* missing(id)
  })

  /** Creates an entry and gives its id. */
  const create = Effect.fnUntraced(function* (entry: JsonObject): Effect.fn.Return<string, Refusal | StoreError> {
    const id = yield* idOf(entry)
    const { before } = yield* store.change(collection, id, (current) => current ?? fieldsOf(id, entry))
    if (Option.isNone(before)) return id
    const message = `E11000 duplicate key error: the ${kind.noun} ${JSON.stringify(id)} exists`
    return yield* new Refusal({ status: 400, message })
  })

  /** Makes an entry exactly this one, and gives the one that it replaced. */
  const upsert = Effect.fnUntraced(function* (entry: JsonObject) {
    const id = yield* idOf(entry)
    const { before } = yield* store.change(collection, id, () => fieldsOf(id, entry))
    return shownOption(id, before)
  })

  /** Sets some fields of an entry; creates it where they make a whole one. */
  const update = Effect.fnUntraced(function* (
    id: string,
    part: JsonObject,
  ): Effect.fn.Return<void, Refusal | StoreError> {
    const { after } = yield* store.change(collection, id, (current) => {
      if (current !== undefined) return fieldsOf(id, { ...current, ...part })
      const created = fieldsOf(id, part)
      return kind.isWhole(created) ? created : undefined
    })
    if (Option.isNone(after)) yield* new Refusal({ status: 404, message: "No document found to update" })
  })

  /** Changes an entry that exists; `undefined` from `next` leaves it as it is. Gives the change, or none without entry. */
  const amend = Effect.fnUntraced(function* (
    id: string,
    next: (current: JsonObject) => JsonObject | undefined,
  ): Effect.fn.Return<Option.Option<Change>, StoreError> {
    const change = yield* store.change(collection, id, (current) =>
      current === undefined ? undefined : (next(current) ?? current),
    )
    return Option.isSome(change.before) ? Option.some(change) : Option.none()
  })

  /** Removes an entry and says whether there was one. */
  const remove = Effect.fnUntraced(function* (id: string) {
    const { before } = yield* store.change(collection, id, () => undefined)
    return Option.isSome(before)
  })

  const readNamed = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const entries: Array<JsonObject> = []
    for (let index = 0; index < ids.length; index += 256) {
      for (const found of yield* readMany(ids.slice(index, index + 256))) {
        if (Option.isSome(found)) entries.push(found.value)
      }
    }
    return entries
  })

  /** Gives every entry that matches a filter; refuses where there are more than one answer should hold. */
  const query = Effect.fnUntraced(function* (
    filter: JsonObject,
  ): Effect.fn.Return<ReadonlyArray<JsonObject>, Refusal | StoreError> {
    const matches = yield* predicateOf(filter)
    const ids = idsOfFilter(filter, idNames)
    if (ids !== undefined) return (yield* readNamed(ids)).filter(matches)
    const entries: Array<JsonObject> = []
    let after: string | undefined
    while (true) {
      const page: ReadonlyArray<StoredEntry> = yield* store.page(collection, { after, limit: maxPageEntries })
      for (const { id, fields } of page) {
        const entry = shown(id, fields)
        if (matches(entry)) entries.push(entry)
      }
      if (entries.length > maxQueryEntries) {
        const message = `more than ${maxQueryEntries} entries match: narrow the filter, or list in pages`
        return yield* new Refusal({ status: 400, message })
      }
      if (page.length < maxPageEntries) return entries
      after = page.at(-1)?.id
    }
  })

  /** Gives one page of the entries that match. */
  const list = Effect.fnUntraced(function* (
    request: EntryPageRequest,
  ): Effect.fn.Return<EntryPage, Refusal | StoreError> {
    const matches = yield* predicateOf(request.filter ?? {})
    const limit = request.limit ?? maxPageEntries
    const entries: Array<JsonObject> = []
    let after = request.after
    for (let scanned = 0; scanned < maxScannedEntries; scanned += maxPageEntries) {
      const page = yield* store.page(collection, { after, prefix: request.prefix, limit: maxPageEntries })
      for (const { id, fields } of page) {
        after = id
        const entry = shown(id, fields)
        if (matches(entry) && entries.push(entry) === limit) return { entries, next: id }
      }
      if (page.length < maxPageEntries) return { entries, next: undefined }
    }
    return { entries, next: after }
  })

  return { read, readMany, create, upsert, update, amend, remove, query, list, missing }
}
