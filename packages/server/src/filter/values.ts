/** Comparing JSON values as MongoDB does. */
import type { Json, JsonObject } from "@framedb/core"
import * as Predicate from "effect/Predicate"

/** Narrows a JSON value to an object. */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  value !== undefined && Predicate.isObject(value) && !Array.isArray(value)

/** Whether two values are the same; fields in any order, items in theirs. */
export const isEqualJson = (left: Json | undefined, right: Json | undefined): boolean => {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqualJson(item, right[index]))
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => Object.hasOwn(right, name) && isEqualJson(left[name], right[name]))
}

/** Whether a value is the wanted one, or a list that holds it; a field that is missing counts as `null`. */
export const matchesValue = (value: Json | undefined, wanted: Json): boolean =>
  isEqualJson(value ?? null, wanted) || (Array.isArray(value) && value.some((item) => isEqualJson(item, wanted)))

/** Which of two values of one ordered kind comes first; `undefined` for values that have no order between them. */
export const compareOrdered = (left: Json | undefined, right: Json | undefined): number | undefined => {
  if (Predicate.isNumber(left) && Predicate.isNumber(right)) return left - right
  if (Predicate.isString(left) && Predicate.isString(right)) return left < right ? -1 : left > right ? 1 : 0
  if (Predicate.isBoolean(left) && Predicate.isBoolean(right)) return Number(left) - Number(right)
  return undefined
}
