/** Changes of the entries of one kind, each atomic. */
import type { JsonObject } from "@framedb/core"
import type { Collection } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Change, RouteStore, StoredEntry, StoreError } from "../store/RouteStore.ts"
import { fieldsOfEntry, idOfEntry, shownEntry } from "./entryShape.ts"
import type { EntryKind } from "./kinds.ts"
import { Refusal } from "./Refusal.ts"

/** The longest entry that is put together of parts, which could grow without end: twice the longest body. */
const maxEntryBytes = 4 * 1024 * 1024

/** Puts entries of which several may have one id: in rounds in which each id comes once. */
const putInOrder = Effect.fnUntraced(function* (
  store: RouteStore["Service"],
  collection: Collection,
  entries: ReadonlyArray<StoredEntry>,
) {
  const previous = entries.map(() => Option.none<JsonObject>())
  let left = [...entries.entries()]
  while (left.length > 0) {
    const ids = new Set(left.map(([, { id }]) => id))
    const round = left.filter(([, { id }]) => ids.delete(id))
    const fields = new Map(round.map(([, entry]) => [entry.id, entry.fields]))
    const changes = yield* store.changeMany(collection, [...fields.keys()], (_, id) => fields.get(id))
    for (const [place, [index]] of round.entries()) previous[index] = changes[place]?.before ?? Option.none()
    const taken = new Set(round)
    left = left.filter((one) => !taken.has(one))
  }
  return previous
})

/** Opens a kind of entry for changes. */
export const entryChanges = (store: RouteStore["Service"], kind: EntryKind) => {
  const { collection } = kind

  /** Creates an entry and gives its id. */
  const create = Effect.fnUntraced(function* (entry: JsonObject): Effect.fn.Return<string, Refusal | StoreError> {
    const id = yield* idOfEntry(kind, entry)
    const { before } = yield* store.change(collection, id, (current) => current ?? fieldsOfEntry(kind, id, entry))
    if (Option.isNone(before)) return id
    const message = `E11000 duplicate key error: the ${kind.noun} ${JSON.stringify(id)} exists`
    return yield* new Refusal({ status: 400, message })
  })

  /** Makes an entry exactly this one, and gives the one that it replaced. */
  const upsert = Effect.fnUntraced(function* (entry: JsonObject) {
    const id = yield* idOfEntry(kind, entry)
    const { before } = yield* store.change(collection, id, () => fieldsOfEntry(kind, id, entry))
    return Option.map(before, (fields) => shownEntry(kind, id, fields))
  })

  /**
   * Makes entries exactly these, those of one id in order, and gives the ones that they replaced, in order. Refused before
   * anything is written where one of them names no id.
   */
  const upsertMany = Effect.fnUntraced(function* (entries: ReadonlyArray<JsonObject>) {
    const ids = yield* Effect.forEach(entries, (entry) => idOfEntry(kind, entry))
    const whole = ids.map((id, index) => ({ id, fields: fieldsOfEntry(kind, id, entries[index] ?? {}) }))
    const previous = yield* putInOrder(store, collection, whole)
    return previous.map((before, index) => Option.map(before, (fields) => shownEntry(kind, ids[index] ?? "", fields)))
  })

  /** Sets some fields of an entry; creates it where they make a whole one. One that would become too long stays as it is. */
  const update = Effect.fnUntraced(function* (
    id: string,
    part: JsonObject,
  ): Effect.fn.Return<void, Refusal | StoreError> {
    let isTooLong = false
    const { after } = yield* store.change(collection, id, (current) => {
      if (current !== undefined) {
        const changed = fieldsOfEntry(kind, id, { ...current, ...part })
        isTooLong = Buffer.byteLength(JSON.stringify(changed)) > maxEntryBytes
        return isTooLong ? current : changed
      }
      const created = fieldsOfEntry(kind, id, part)
      return kind.isWhole(created) ? created : undefined
    })
    if (isTooLong) yield* new Refusal({ status: 413, message: `an entry has at most ${maxEntryBytes} bytes` })
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

  /** Changes those of many entries that exist, as `amend` does one. The ids differ. */
  const amendMany = Effect.fnUntraced(function* (
    ids: ReadonlyArray<string>,
    next: (current: JsonObject) => JsonObject | undefined,
  ) {
    const changes = yield* store.changeMany(collection, ids, (current) =>
      current === undefined ? undefined : (next(current) ?? current),
    )
    return changes.map((change) => (Option.isSome(change.before) ? Option.some(change) : Option.none<Change>()))
  })

  /** Removes an entry and gives it, if there was one. */
  const remove = Effect.fnUntraced(function* (id: string) {
    const { before } = yield* store.change(collection, id, () => undefined)
    return Option.map(before, (fields) => shownEntry(kind, id, fields))
  })

  return { create, upsert, upsertMany, update, amend, amendMany, remove }
}
