import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { SmallCopies } from "../src/domain/SmallCopies.ts"

describe("SmallCopies", () => {
  it("gives each caller bytes that no other copy and no later one changes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 40 }), (inputs) => {
        const copies = new SmallCopies()
        const all = inputs.map((input) => copies.of(input))
        for (const [index, copy] of all.entries()) {
          expect(copy).toEqual(inputs[index])
          copy.fill(index)
        }
        for (const [index, copy] of all.entries()) expect(copy.every((byte) => byte === index % 256)).toBe(true)
      }),
    )
  })

  it("keeps alive at most 16 KiB for a small copy, and nothing else for a large one", () => {
    const copies = new SmallCopies()
    expect(copies.of(new Uint8Array(10)).buffer.byteLength).toBe(16 * 1024)
    expect(copies.of(new Uint8Array(4097)).buffer.byteLength).toBe(4097)
    expect(copies.of(new Uint8Array(0)).buffer.byteLength).toBe(0)
  })

  it("refuses to be taken to another thread together with the copies of others", () => {
    const copies = new SmallCopies()
    const [mine, theirs] = [copies.of(Uint8Array.of(1, 2)), copies.of(Uint8Array.of(3))]
    expect(() => structuredClone(mine, { transfer: [mine.buffer] })).toThrow()
    expect(theirs).toEqual(Uint8Array.of(3))
  })
})
