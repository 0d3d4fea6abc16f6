import { describe, expect, test } from "vitest"
import type { JsonObject } from "../../src/domain/Metadata.ts"
import { isSameJson } from "../../src/programs/routes/routeMetadata.ts"

// Of a literal it would be the prototype, of JSON it is a field.
const ownProto: JsonObject = JSON.parse('{ "__proto__": {} }')

describe("two JSON values", () => {
  test.each<readonly [JsonObject, JsonObject]>([
    [
      { a: 1, b: [{ c: null }] },
      { b: [{ c: null }], a: 1 },
    ],
    [ownProto, JSON.parse('{ "__proto__": {} }')],
  ])("%j and %j are the same", (left, right) => {
    expect(isSameJson(left, right)).toBe(true)
    expect(isSameJson(right, left)).toBe(true)
  })

  test.each<readonly [JsonObject, JsonObject]>([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: [] }, { a: {} }],
    [{ a: null }, {}],
    [ownProto, { a: 1 }],
    [{ toString: 1 }, { a: 1 }],
  ])("%j and %j differ", (left, right) => {
    expect(isSameJson(left, right)).toBe(false)
    expect(isSameJson(right, left)).toBe(false)
  })
})
