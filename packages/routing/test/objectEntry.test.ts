import { assert, describe, it } from "@effect/vitest"
import { ObjectKey } from "@framedb/core"
import { routeOfEntry } from "../src/objects/objectEntry.ts"

const key = ObjectKey.make("k")

const sizeOf = (size: unknown): number | undefined => {
  const route = routeOfEntry(key, { framedb_id: "redis-1", framedb_type: "in-memory", size })
  return typeof route === "string" ? undefined : route.sizeBytes
}

describe("the size in an entry of another client", () => {
  it.each([0, 1, 2 ** 40, Number.MAX_SAFE_INTEGER])("is taken as it is: %s", (size) => {
    assert.strictEqual(sizeOf(size), size)
  })

  it.each([-1, 1.5, 2 ** 60, "7", null, undefined, {}])("counts as none where it is no number of bytes: %s", (size) => {
    assert.strictEqual(sizeOf(size), 0)
  })
})
