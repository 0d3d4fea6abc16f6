/** What an entry looks like inside and outside of the store. */
import type { Json, JsonObject } from "@framedb/core"
import * as Effect from "effect/Effect"
import type { EntryKind } from "./kinds.ts"
import { Refusal } from "./Refusal.ts"

/** The names under which an entry of a kind can give its id. */
export const idNamesOf = (kind: EntryKind): ReadonlyArray<string> => ["_id", kind.idField]

/** An entry as it is answered, with its id under both names. */
export const shownEntry = (kind: EntryKind, id: string, fields: JsonObject): JsonObject => ({
  _id: id,
  ...fields,
  [kind.idField]: id,
})

/** What is stored of an entry: everything but its `_id`, with the defaults for what is missing or `null`. */
export const fieldsOfEntry = (kind: EntryKind, id: string, entry: JsonObject): JsonObject => {
  const { _id, ...fields } = entry
  const isGiven = ([name, value]: readonly [string, Json]) => value !== null || !Object.hasOwn(kind.defaults, name)
  return { ...kind.defaults, ...Object.fromEntries(Object.entries(fields).filter(isGiven)), [kind.idField]: id }
}

/** The id that an entry gives under one of its names, or the same under both. */
export const idOfEntry = (kind: EntryKind, entry: JsonObject): Effect.Effect<string, Refusal> => {
  const [id, other] = idNamesOf(kind)
    .map((name) => entry[name])
    .filter((name) => typeof name === "string")
  if (id === undefined) return Effect.fail(new Refusal({ status: 400, message: `${kind.idField} is missing` }))
  if (other !== undefined && other !== id) {
    return Effect.fail(new Refusal({ status: 400, message: `_id and ${kind.idField} differ` }))
  }
  return Effect.succeed(id)
}

/** The refusal for an entry that does not exist. */
export const missingEntry = (kind: EntryKind, id: string): Refusal =>
  new Refusal({ status: 404, message: `there is no ${kind.noun} ${JSON.stringify(id)}` })
