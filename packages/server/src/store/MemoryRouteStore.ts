/** Entries in this process's memory, for tests and development. */
import type { JsonObject } from "@framedb/core"
import type { Collection } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Change, RouteStore } from "./RouteStore.ts"

/** One collection; the sorted ids are kept until one goes. */
interface Table {
  readonly entries: Map<string, JsonObject>
  sortedIds: ReadonlyArray<string> | undefined
  /** Ids that are not among the sorted ones yet. */
  freshIds: Array<string>
}

const newTable = (): Table => ({ entries: new Map(), sortedIds: undefined, freshIds: [] })

const idsOf = (table: Table): ReadonlyArray<string> => {
  const { entries, freshIds, sortedIds } = table
  if (sortedIds !== undefined && freshIds.length === 0) return sortedIds
  // Two runs in order are merged: entries that come while others are listed do not have everything sorted for each page.
  const ids = sortedIds === undefined ? [...entries.keys()] : sortedIds.concat(freshIds.sort())
  table.freshIds = []
  table.sortedIds = ids.sort()
  return ids
}

/** The index of the first id that is not below `id`. */
const lowerBound = (ids: ReadonlyArray<string>, id: string): number => {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const found = ids[middle]
    if (found !== undefined && found < id) low = middle + 1
    else high = middle
  }
  return low
}

const write = (table: Table, id: string, fields: JsonObject | undefined): void => {
  if (fields === undefined) {
    if (table.entries.delete(id)) {
      table.sortedIds = undefined
      table.freshIds = []
    }
    return
  }
  if (table.sortedIds !== undefined && !table.entries.has(id)) table.freshIds.push(id)
  table.entries.set(id, fields)
}

const change = (
  table: Table,
  id: string,
  next: (current: JsonObject | undefined, id: string) => JsonObject | undefined,
): Change => {
  const before = table.entries.get(id)
  const after = next(before, id)
  if (after !== before) write(table, id, after)
  return { before: Option.fromUndefinedOr(before), after: Option.fromUndefinedOr(after) }
}

/** Makes an empty store. */
export const make = Effect.sync((): RouteStore["Service"] => {
  const tables: Readonly<Record<Collection, Table>> = {
    objects: newTable(),
    streams: newTable(),
    instances: newTable(),
    persistentInstances: newTable(),
  }
  return RouteStore.of({
    readMany: (collection, ids) =>
      Effect.sync(() => ids.map((id) => Option.fromUndefinedOr(tables[collection].entries.get(id)))),
    change: (collection, id, next) => Effect.sync(() => change(tables[collection], id, next)),
    changeMany: (collection, ids, next) => Effect.sync(() => ids.map((id) => change(tables[collection], id, next))),
    page: (collection, { after, prefix, limit }) =>
      Effect.sync(() => {
        const table = tables[collection]
        const ids = idsOf(table)
        const from = prefix !== undefined && (after === undefined || after < prefix) ? prefix : after
        const entries: Array<{ id: string; fields: JsonObject }> = []
        for (let index = from === undefined ? 0 : lowerBound(ids, from); index < ids.length; index++) {
          const id = ids[index]
          const fields = id === undefined ? undefined : table.entries.get(id)
          if (id === undefined || fields === undefined || id === after) continue
          if (prefix !== undefined && !id.startsWith(prefix)) break
          if (entries.length === limit) return { entries, isLast: false }
          entries.push({ id, fields })
        }
        return { entries, isLast: true }
      }),
    ping: Effect.void,
  })
})

/** A store that is empty when the layer is built and forgotten with it. */
export const layer: Layer.Layer<RouteStore> = Layer.effect(RouteStore, make)
