import { assert, describe, it } from "@effect/vitest"
import { distinctEntries, distinctKeys, entryParameters, keyParameters } from "../src/batches.ts"
import { entriesShape, keysShape } from "../src/statements.ts"
import { bytes, key } from "./support.ts"

const entry = (name: string, text: string) => ({ key: key(name), data: bytes(text) })

describe("batches", () => {
  it("keep the last of each key, in one order for all", () => {
    const entries = [entry("b", "1"), entry("a", "2"), entry("b", "3")]
    assert.deepStrictEqual(distinctEntries(entries), [entry("a", "2"), entry("b", "3")])
    assert.deepStrictEqual(distinctKeys([key("b"), key("a"), key("b")]), [key("a"), key("b")])
  })

  it("come in few shapes", () => {
    const sizes = Array.from({ length: 64 }, (_, index) => index + 1)
    assert.strictEqual(new Set(sizes.map(keysShape)).size, 7)
    assert.strictEqual(new Set(sizes.map(entriesShape)).size, 15)
    for (const size of sizes) {
      assert.isAtLeast(keysShape(size), size)
      assert.isAtLeast(entriesShape(size), size)
    }
  })

  it("are filled up with what changes nothing: the last key, the entry with the least bytes", () => {
    assert.deepStrictEqual(keyParameters(["a", "b", "c"], 4), ["a", "b", "c", "c"])
    const parameters = entryParameters([entry("a", "long"), entry("b", "x"), entry("c", "long")], 4)
    assert.deepStrictEqual(parameters.map(String), ["a", "long", "b", "x", "c", "long", "b", "x"])
  })
})
