import type { Json, JsonObject } from "@framedb/core"
import { isJsonObject } from "./values.ts"

/**
 * The values at the end of a path into an entry, `undefined` for a field that is missing. A name passes through a list to
 * each of its objects, or is an index of it.
 *
 * So one value can be reached in many ways, twice as many with each list on the way: no place is walked on from twice.
 */
export const valuesAt = (entry: JsonObject, path: ReadonlyArray<string>): ReadonlyArray<Json | undefined> => {
  const values: Array<Json | undefined> = []
  const walked = path.map(() => new Set<Json>())

  const walk = (value: Json | undefined, depth: number): void => {
    const name = path[depth]
    if (name === undefined || value === undefined || value === null || typeof value !== "object") {
      values.push(name === undefined ? value : undefined)
      return
    }
    if (walked[depth]?.has(value) === true) return
    walked[depth]?.add(value)
    if (isJsonObject(value)) {
      walk(Object.hasOwn(value, name) ? value[name] : undefined, depth + 1)
    } else if (Array.isArray(value)) {
      if (/^\d+$/.test(name)) walk(value[Number(name)], depth + 1)
      for (const item of value) if (isJsonObject(item)) walk(item, depth)
    }
  }

  walk(entry, 0)
  return values
}
