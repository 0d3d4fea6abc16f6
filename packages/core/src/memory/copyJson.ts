import type { Json, JsonObject } from "../domain/Metadata.ts"

const copyValue = (value: Json): Json => {
  if (typeof value !== "object" || value === null) return value
  return isArray(value) ? value.map(copyValue) : copyJson(value)
}

/** `Array.isArray` does not narrow a union with a readonly array. */
const isArray = (value: object): value is ReadonlyArray<Json> => Array.isArray(value)

/** Copies a JSON object in depth, so that changing the copy changes nothing else. */
export const copyJson = (value: JsonObject): JsonObject =>
  // `fromEntries` defines properties where an assignment would call the setter of `__proto__`.
  Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyValue(item)]))

/** Whether `value` has every part of `pattern`: objects part by part, everything else by equality. */
export const matchesJson = (value: Json | undefined, pattern: Json): boolean => {
  if (value === undefined) return false
  if (typeof pattern !== "object" || pattern === null) return value === pattern
  if (typeof value !== "object" || value === null) return false
  if (isArray(value) || isArray(pattern)) return isArray(value) && isArray(pattern) && isEqualArray(value, pattern)
  return Object.entries(pattern).every(([key, part]) => Object.hasOwn(value, key) && matchesJson(value[key], part))
}

const isEqualArray = (left: ReadonlyArray<Json>, right: ReadonlyArray<Json>): boolean =>
  left.length === right.length &&
  left.every((item, index) => {
    const other = right[index]
    // Equal is what matches both ways.
    return other !== undefined && matchesJson(item, other) && matchesJson(other, item)
  })
