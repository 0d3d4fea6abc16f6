/** Reading the entries of one kind: by id, by filter, in pages. They come with their `_id`. */
import type { JsonObject } from "@framedb/core"
import { maxPageEntries } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { compileFilter, type EntryPredicate, FilterProblem, idsOfFilter } from "../filter/compileFilter.ts"
import type { PageRequest, RouteStore, StoredPage, StoreError } from "../store/RouteStore.ts"
import { idNamesOf, missingEntry, shownEntry } from "./entryShape.ts"
import type { EntryKind } from "./kinds.ts"
import { Refusal } from "./Refusal.ts"

/** The most entries of one answer to a query that does not page. */
export const maxQueryEntries = 100_000

/** The most characters of JSON of one such answer: far from the longest text that there can be, and from a full memory. */
const maxQueryCharacters = 128 * 1024 * 1024

/** How many entries a query reads at once by their ids, so that the longest there can be take no more than that. */
const idsAtOnce = 32

/** How many bytes of entries are looked through at once, and after how many an answer that pages ends: clients read answers whole. */
export const maxPageBytes = 8 * 1024 * 1024

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
  (request: Omit<PageRequest, "limit" | "maxBytes">): Effect.Effect<StoredPage, StoreError> =>
    Effect.andThen(
      Effect.yieldNow,
      store.page(kind.collection, { ...request, limit: maxPageEntries, maxBytes: maxPageBytes }),
    )

/** Gathers the entries of an answer to a query, up to its bounds. */
class Gathered {
  readonly entries: Array<JsonObject> = []
  #characters = 0

  add(entry: JsonObject): void {
    this.entries.push(entry)
    this.#characters += JSON.stringify(entry).length
  }

  /** The refusal of what has become too much, or `undefined`. */
  get problem(): Refusal | undefined {
    if (this.entries.length > maxQueryEntries) return tooMuch(`${maxQueryEntries} entries`)
    return this.#characters > maxQueryCharacters ? tooMuch(`${maxQueryCharacters} characters of entries`) : undefined
  }
}

/** Opens a kind of entry for queries. */
export const entryQueries = (store: RouteStore["Service"], kind: EntryKind) => {
  const { readMany } = entryLookups(store, kind)
  const readPage = pageReader(store, kind)

  const queryNamed = Effect.fnUntraced(function* (ids: ReadonlyArray<string>, matches: EntryPredicate) {
    const gathered = new Gathered()
    for (let index = 0; index < ids.length; index += idsAtOnce) {
      for (const found of yield* readMany(ids.slice(index, index + idsAtOnce))) {
        if (Option.isSome(found) && matches(found.value)) gathered.add(found.value)
      }
      if (gathered.problem !== undefined) return yield* gathered.problem
    }
    return gathered.entries
  })

  /** Gives every entry that matches a filter; refuses where there are more than one answer should hold. */
  const query = Effect.fnUntraced(function* (
    filter: JsonObject,
  ): Effect.fn.Return<ReadonlyArray<JsonObject>, Refusal | StoreError> {
    const matches = yield* predicateOf(filter)
    const ids = idsOfFilter(filter, idNamesOf(kind))
    if (ids !== undefined) return yield* queryNamed(ids, matches)
    const gathered = new Gathered()
    let after: string | undefined
    while (true) {
      const page: StoredPage = yield* readPage({ after })
      for (const { id, fields } of page.entries) {
        after = id
        const entry = shownEntry(kind, id, fields)
        if (matches(entry)) gathered.add(entry)
      }
      if (gathered.problem !== undefined) return yield* gathered.problem
      if (page.isLast) return gathered.entries
    }
  })

  return { query }
}

/** Opens a kind of entry for listing in pages. */
export const entryLists = (store: RouteStore["Service"], kind: EntryKind) => {
  const readPage = pageReader(store, kind)

  /** Gives one page of the entries that match: fewer than asked for where they are long, or far between. */
  const list = Effect.fnUntraced(function* (
    request: EntryPageRequest,
  ): Effect.fn.Return<EntryPage, Refusal | StoreError> {
    const matches = yield* predicateOf(request.filter ?? {})
    const limit = request.limit ?? maxPageEntries
    const entries: Array<JsonObject> = []
    let [after, scanned, bytes] = [request.after, 0, 0]
    while (scanned < maxScannedEntries) {
      const page = yield* readPage({ after, prefix: request.prefix })
      for (const { id, fields } of page.entries) {
        after = id
        const entry = shownEntry(kind, id, fields)
        if (!matches(entry)) continue
        bytes += Buffer.byteLength(JSON.stringify(entry))
        if (entries.push(entry) === limit || bytes >= maxPageBytes) return { entries, next: id }
      }
      if (page.isLast) return { entries, next: undefined }
      scanned += Math.max(page.entries.length, 1)
    }
    return { entries, next: after }
  })

  return { list }
}
