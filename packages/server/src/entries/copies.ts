/** Copies in an object's entry. */
import type { JsonObject } from "@framedb/core"
import { isJsonObject } from "../filter/values.ts"

const copiesOf = (entry: JsonObject): ReadonlyArray<JsonObject> => {
  const copies = entry["copies"]
  return Array.isArray(copies) ? copies.filter(isJsonObject) : []
}

/** Whether an entry names a copy on an instance. */
export const hasCopy = (entry: JsonObject, framedbId: string): boolean =>
  copiesOf(entry).some((copy) => copy["framedb_id"] === framedbId)

/** An entry with one more copy. A copy without a type is of the primary's. */
export const withCopy = (entry: JsonObject, framedbId: string, framedbType: string | null | undefined): JsonObject => {
  const copy = { framedb_id: framedbId, framedb_type: framedbType ?? entry["framedb_type"] ?? "in-memory" }
  return { ...entry, copies: [...copiesOf(entry), copy] }
}

/** An entry without its copy on an instance. */
export const withoutCopy = (entry: JsonObject, framedbId: string): JsonObject => ({
  ...entry,
  copies: copiesOf(entry).filter((copy) => copy["framedb_id"] !== framedbId),
})
