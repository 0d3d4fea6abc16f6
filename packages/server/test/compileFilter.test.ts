import { describe, expect, it } from "@effect/vitest"
import type { Json, JsonObject } from "@framedb/core"
import { compileFilter, FilterProblem, idsOfFilter } from "../src/filter/compileFilter.ts"

const entry: JsonObject = {
  _id: "k",
  framedb_id: "redis-1",
  size: 10,
  copies: [
    { framedb_id: "a", framedb_type: "storage" },
    { framedb_id: "b", framedb_type: "in-memory" },
  ],
  metadata: { owner: "ada", tags: ["x", "y"], nested: { n: 1, m: null }, on: true, "": 1 },
}

const matches = (filter: JsonObject): boolean | string => {
  const compiled = compileFilter(filter)
  return compiled instanceof FilterProblem ? compiled.problem : compiled(entry)
}

describe("compileFilter", () => {
  it.each<[JsonObject, boolean]>([
    [{}, true],
    [{ _id: "k" }, true],
    [{ _id: "K" }, false],
    [{ framedb_id: "redis-1", size: 10 }, true],
    [{ framedb_id: "redis-1", size: 11 }, false],
    [{ "metadata.owner": "ada" }, true],
    [{ "metadata.nested.n": 1 }, true],
    [{ "metadata.nested.n": "1" }, false],
    [{ "metadata.nested": { m: null, n: 1 } }, true],
    [{ "metadata.nested": { n: 1 } }, false],
    [{ "metadata.tags": "x" }, true],
    [{ "metadata.tags": ["x", "y"] }, true],
    [{ "metadata.tags": ["y", "x"] }, false],
    [{ "metadata.tags.1": "y" }, true],
    [{ "copies.framedb_id": "b" }, true],
    [{ "copies.framedb_id": "c" }, false],
    [{ "copies.0.framedb_id": "a" }, true],
    [{ missing: null }, true],
    [{ "metadata.nested.m": null }, true],
    [{ "metadata.owner": null }, false],
    [{ missing: { $exists: false } }, true],
    [{ "metadata.nested.m": { $exists: true } }, true],
    [{ size: { $gt: 9, $lt: 11 } }, true],
    [{ size: { $gte: 10, $lte: 10 } }, true],
    [{ size: { $gt: 10 } }, false],
    [{ size: { $gt: "9" } }, false],
    [{ missing: { $lt: 5 } }, false],
    [{ "metadata.owner": { $gte: "a", $lt: "b" } }, true],
    [{ size: { $in: [1, 10] } }, true],
    [{ size: { $nin: [1, 10] } }, false],
    [{ missing: { $in: [null] } }, true],
    [{ "metadata.tags": { $in: ["z", "y"] } }, true],
    [{ "metadata.tags": { $nin: ["z", "y"] } }, false],
    [{ "metadata.tags": { $in: [["x", "y"]] } }, true],
    [{ _id: { $in: Array.from({ length: 5_000 }, (_, index) => `k${index}`) } }, false],
    [{ size: { $ne: 10 } }, false],
    [{ missing: { $ne: 10 } }, true],
    [{ size: { $eq: 10 } }, true],
    [{ size: { $not: { $gt: 10 } } }, true],
    [{ $and: [{ size: 10 }, { _id: "k" }] }, true],
    [{ $or: [{ size: 11 }, { _id: "k" }] }, true],
    [{ $or: [{ size: 11 }, { _id: "l" }] }, false],
    [{ $nor: [{ size: 11 }, { _id: "l" }] }, true],
    [{ size: 10, $or: [{ _id: "k" }] }, true],
    [{ "metadata.constructor": { $exists: true } }, false],
  ])("%j is %s", (filter, expected) => {
    expect(matches(filter)).toBe(expected)
  })

  it.each<[JsonObject]>([
    [{ $where: "1" }],
    [{ size: { $regex: "1" } }],
    [{ size: { $gt: 1, other: 2 } }],
    [{ $or: [] }],
    [{ $or: {} }],
    [{ $and: [1] }],
    [{ size: { $in: 1 } }],
    [{ size: { $not: 1 } }],
    [{ $or: Array.from({ length: 1_000 }, () => ({ size: 1 })) }],
  ])("%j is refused", (filter) => {
    expect(compileFilter(filter)).toBeInstanceOf(FilterProblem)
  })

  it("refuses nesting without end", () => {
    let filter: JsonObject = { size: 1 }
    for (let depth = 0; depth < 10_000; depth++) filter = { $and: [filter] }
    expect(compileFilter(filter)).toBeInstanceOf(FilterProblem)
  })

  it("walks no place twice, in however many ways a path leads there", () => {
    let nested: Json = "end"
    for (let level = 0; level < 30; level++) nested = [{ 0: nested }]
    const compiled = compileFilter({ [`metadata${".0".repeat(45)}`]: "end" })
    expect(compiled instanceof FilterProblem || compiled({ metadata: nested })).toBe(true)
  })

  it("refuses a path and a list that cost more than an entry is worth", () => {
    expect(matches({ [`a${".a".repeat(100)}`]: 1 })).toMatch(/100 names/)
    expect(matches({ size: { $in: Array.from({ length: 600 }, (_, index) => index) } })).toMatch(/512 conditions/)
  })
})

describe("idsOfFilter", () => {
  it.each<[JsonObject, ReadonlyArray<string> | undefined]>([
    [{ _id: "k", size: 1 }, ["k"]],
    [{ object_id: "k" }, ["k"]],
    [{ _id: { $in: ["a", "b", "a"] } }, ["a", "b"]],
    [{ _id: { $gt: "a" } }, undefined],
    [{ size: 1 }, undefined],
  ])("of %j are %j", (filter, expected) => {
    expect(idsOfFilter(filter, ["_id", "object_id"])).toEqual(expected)
  })
})
