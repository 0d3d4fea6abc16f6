/**
 * A query over routes, for the wire and here.
 *
 * Of the wire's filter only equality is used, which every server knows, and only to narrow: what it lets through is
 * compared here once more, since MongoDB's equality also looks into arrays and takes a missing field for `null`.
 */
import type { Json, JsonObject, ObjectRoute, RouteQuery } from "@framedb/core"
import * as Predicate from "effect/Predicate"

const isJsonObject = (value: Json | undefined): value is JsonObject =>
  value !== undefined && Predicate.isObject(value) && !Array.isArray(value)

/** Whether a field's name can stand in a dotted path. */
const isPathPart = (name: string) => name !== "" && !name.includes(".") && !name.startsWith("$")

const addMetadata = (filter: Record<string, Json>, path: string, fields: JsonObject): void => {
  for (const [name, value] of Object.entries(fields)) {
    if (!isPathPart(name)) continue
    if (isJsonObject(value)) addMetadata(filter, `${path}.${name}`, value)
    else if (value !== null && typeof value !== "object") filter[`${path}.${name}`] = value
  }
}

/** The part of a query that a filter on the wire can tell. */
export const filterOfQuery = (query: RouteQuery): JsonObject => {
  const filter: Record<string, Json> = {}
  if (query.framedbId !== undefined) filter["framedb_id"] = query.framedbId
  if (query.metadata !== undefined) addMetadata(filter, "metadata", query.metadata)
  return filter
}

const isEqual = (left: Json | undefined, right: Json): boolean => {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null))
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    return Object.keys(left).length === Object.keys(right).length && hasFields(left, right)
  }
  return left === right
}

const hasFields = (value: JsonObject, fields: JsonObject): boolean =>
  Object.entries(fields).every(([name, wanted]) => {
    const found = Object.hasOwn(value, name) ? value[name] : undefined
    return isJsonObject(wanted) && isJsonObject(found) ? hasFields(found, wanted) : isEqual(found, wanted)
  })

/** Whether a route is among those that a query asks for. */
export const matchesQuery = (route: ObjectRoute, query: RouteQuery): boolean =>
  (query.prefix === undefined || route.key.startsWith(query.prefix)) &&
  (query.framedbId === undefined || route.framedbId === query.framedbId) &&
  (query.type === undefined || route.type === query.type) &&
  (query.metadata === undefined || hasFields(route.metadata, query.metadata))
