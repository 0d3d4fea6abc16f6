import { assert, describe, it } from "@effect/vitest"
import { Moments } from "../src/ports/Moments.ts"

describe("Moments", () => {
  it("changes with a write of the key and stays without one", () => {
    const moments = new Moments()
    const before = moments.of("key")
    assert.strictEqual(moments.of("key"), before)
    moments.advance("key")
    assert.notStrictEqual(moments.of("key"), before)
  })

  it("changes for every key at once", () => {
    const moments = new Moments()
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
    const before = keys.map((key) => moments.of(key))
    moments.advanceAll()
    assert.isTrue(keys.every((key, index) => moments.of(key) !== before[index]))
  })

  it("spreads keys of one family over the counters", () => {
    const moments = new Moments()
    const keys = Array.from({ length: 1000 }, (_, index) => `family/of/objects/${index}`)
    moments.advance("family/of/objects/17")
    assert.isBelow(keys.filter((key) => moments.of(key) !== 0).length, 5)
  })
})
