import { assert, describe, it } from "@effect/vitest"
import { WaitingLine } from "../src/WaitingLine.ts"

describe("WaitingLine", () => {
  it("serves in the order of joining, also when somebody leaves from the middle", () => {
    const line = new WaitingLine<string>(10)
    line.join("a", 0)
    const withdraw = line.join("b", 0)
    line.join("c", 0)
    withdraw()
    withdraw()
    assert.strictEqual(line.length, 2)
    assert.deepStrictEqual([line.leave(), line.leave(), line.leave()], ["a", "c", undefined])
  })

  it("takes out those who have waited longer than the bound, and nobody else", () => {
    const line = new WaitingLine<string>(2)
    line.join("a", 0)
    line.join("b", 1)
    assert.deepStrictEqual(line.takeLate(2), [])
    assert.deepStrictEqual(line.takeLate(3), ["a"])
    assert.deepStrictEqual(line.takeLate(9), ["b"])
    assert.strictEqual(line.length, 0)
  })
})
