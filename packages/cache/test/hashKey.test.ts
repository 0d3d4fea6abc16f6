import { describe, expect, it } from "vitest"
import { makeHashKey } from "../src/hashKey.ts"

const seeds = Array.from({ length: 200 }, (_, index) => makeHashKey(index))

/** How many seeds give two keys one hash. */
const collisions = (one: string | number, other: string | number): number =>
  seeds.filter((hashOf) => hashOf(one) === hashOf(other)).length

describe("the hash of a key", () => {
  it("is the same each time, also of NaN, and of 0 and -0", () => {
    const hashOf = makeHashKey(7)
    expect(makeHashKey(7)("key")).toBe(hashOf("key"))
    expect(hashOf(Number.NaN)).toBe(hashOf(Number.NaN))
    expect(hashOf(0)).toBe(hashOf(-0))
  })

  it("gives nobody keys that fall together under every seed", () => {
    // The highest bit of a unit goes through a multiplication alone, and one fold further meets what takes it back.
    expect(collisions("a\u4e00b\u4e00", "a\uce00b\uce01")).toBe(0)
    expect(collisions("ab", "ba")).toBe(0)
    expect(collisions("\u0100", "\u0001")).toBe(0)
    expect(collisions(1, 2 ** 32 + 1)).toBe(0)
    expect(collisions(2 ** 32, 0.5)).toBe(0)
  })
})
