/** Reading the entries of one kind: by id, by filter, in pages. They come with their `_id`. */
import type { JsonObject } from "@framedb/core"
import { maxLookupIds, maxPageEntries } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { compileFilter, type EntryPredicate, FilterProblem, idsOfFilter } from "../filter/compileFilter.ts"
import type { PageRequest, RouteStore, StoredEntry, StoreError } from "../store/RouteStore.ts"
import { idNamesOf, missingEntry, shownEntry } from "./entryShape.ts"
import type { EntryKind } from "./kinds.ts"
import { Refusal } from "./Refusal.ts"

/** The most entries of one answer to a query that does not page. */
export const maxQueryEntries = 100_000

/** The most characters of JSON of one such answer: far from the longest text that there can be, and from a full memory. */
const maxQueryCharacters = 128 * 1024 * 1024

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

/** Opens a kind of entry for look-ups by id. */
export const entryLookups = (store: RouteStore["Service"], kind: EntryKind) => {
  const readMany = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const found = yield* store.readMany(kind.collection, ids)
    return ids.map((id, index) =>
      Option.map(found[index] ?? Option.none<JsonObject>(), (fields) => shownEntry(kind, id, fields)),
    )
  })

  const read = Effect.fnUntraced(function* (id: string): Effect.fn.Return<JsonObject, Refusal | StoreError> {
    const [found] = yield* readMany([id])
    return found !== undefined && Option.isSome(found) ? found.value : yield* missingEntry(kind, id)
  })

  return { readMany, read }
}

const tooMuch = (what: string) =>
  new Refusal({ status: 400, message: `more than ${what} match: narrow the filter, or list in pages` })

const predicateOf = (filter: JsonObject): Effect.Effect<EntryPredicate, Refusal> => {
  const compiled = compileFilter(filter)
  return compiled instanceof FilterProblem
    ? Effect.fail(new Refusal({ status: 400, message: `bad filter: ${compiled.problem}` }))
    : Effect.succeed(compiled)
}

/** Reads pages. Looking through one takes this process milliseconds, and who asked for little waits behind no more than that. */
const pageReader =
  (store: RouteStore["Service"], kind: EntryKind) =>
  (request: PageRequest): Effect.Effect<ReadonlyArray<StoredEntry>, StoreError> =>
    Effect.andThen(Effect.yieldNow, store.page(kind.collection, request))

/** Opens a kind of entry for queries. */
export const entryQueries = (store: RouteStore["Service"], kind: EntryKind) => {
  const { readMany } = entryLookups(store, kind)
  const readPage = pageReader(store, kind)

  const readNamed = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const entries: Array<JsonObject> = []
    for (let index = 0; index < ids.length; index += maxLookupIds) {
      for (const found of yield* readMany(ids.slice(index, index + maxLookupIds))) {
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
    const ids = idsOfFilter(filter, idNamesOf(kind))
    if (ids !== undefined) return (yield* readNamed(ids)).filter(matches)
    const entries: Array<JsonObject> = []
    let characters = 0
    let after: string | undefined
    while (true) {
      const page: ReadonlyArray<StoredEntry> = yield* readPage({ after, limit: maxPageEntries })
      for (const { id, fields } of page) {
        const entry = shownEntry(kind, id, fields)
        if (!matches(entry)) continue
        entries.push(entry)
        characters += JSON.stringify(entry).length
      }
      if (entries.length > maxQueryEntries) return yield* tooMuch(`${maxQueryEntries} entries`)
      if (characters > maxQueryCharacters) return yield* tooMuch(`${maxQueryCharacters} characters of entries`)
      if (page.length < maxPageEntries) return entries
      after = page.at(-1)?.id
    }
  })

  return { query }
}

/** Opens a kind of entry for listing in pages. */
export const entryLists = (store: RouteStore["Service"], kind: EntryKind) => {
  const readPage = pageReader(store, kind)

  /** Gives one page of the entries that match. */
  const list = Effect.fnUntraced(function* (
    request: EntryPageRequest,
  ): Effect.fn.Return<EntryPage, Refusal | StoreError> {
    const matches = yield* predicateOf(request.filter ?? {})
    const limit = request.limit ?? maxPageEntries
    const entries: Array<JsonObject> = []
    let after = request.after
    for (let scanned = 0; scanned < maxScannedEntries; scanned += maxPageEntries) {
      const page = yield* readPage({ after, prefix: request.prefix, limit: maxPageEntries })
      for (const { id, fields } of page) {
        after = id
        const entry = shownEntry(kind, id, fields)
        if (matches(entry) && entries.push(entry) === limit) return { entries, next: id }
      }
      if (page.length < maxPageEntries) return { entries, next: undefined }
    }
    return { entries, next: after }
  })

  return { list }
}
