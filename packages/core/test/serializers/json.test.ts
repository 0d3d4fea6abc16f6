import { Serializer } from "@framedb/core"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { lossy, nested } from "./refusals.ts"
import { expectRoundTrip, readSafely, refusal, roundTrip } from "./roundTrip.ts"

const { json } = Serializer
const bytesOf = (text: string) => new TextEncoder().encode(text)
const read = async (text: string) => json.deserialize(bytesOf(text))

describe("what JSON writes", () => {
  it("comes back as it was", async () => {
    const value = fc.jsonValue({ noUnicodeString: false, maxDepth: 6 })
    await fc.assert(fc.asyncProperty(value, (each) => expectRoundTrip(json, each)))
  })

  it("keeps negative zero, the largest numbers, and keys that are names of methods", async () => {
    await expectRoundTrip(json, [-0, 0, { a: -0 }, 5e-324, 1.7976931348623157e308, 2 ** 60, -(2 ** 53)])
    await expectRoundTrip(json, JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toString": null, "": 3}'))
  })

  it("takes shared parts and objects without a prototype for plain JSON", async () => {
    const shared = { a: 1 }
    expect(await roundTrip(json, [shared, shared])).toEqual([{ a: 1 }, { a: 1 }])
    expect(await roundTrip(json, Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 })
  })

  it("is nested up to 1,000 levels", () => expectRoundTrip(json, nested(1000)))

  it("is plain JSON for any other language", async () => {
    expect(new TextDecoder().decode(await json.serialize({ a: [1, "é", null, -0] }))).toBe('{"a":[1,"é",null,-0.0]}')
  })
})

describe("what JSON refuses to write", () => {
  const more: typeof lossy = [
    ["NaN", { a: Number.NaN }, "$.a"],
    ["Infinity", [1, Number.POSITIVE_INFINITY], "$[1]"],
    ["a bigint", { a: [10n] }, "$.a[0]"],
    ["a Date", { at: new Date(0) }, "$.at"],
    ["bytes", { data: Uint8Array.of(1) }, "$.data"],
  ]
  it.each([...lossy, ...more])("%s", async (_, value, path) => {
    expect((await refusal(json, value)).startsWith(path)).toBe(true)
  })

  it("names the kind and the place, never the content", async () => {
    const secret = "hunter2"
    expect(await refusal(json, { a: new Error(secret), b: 1 })).toBe("$.a is an Error, which JSON can't hold")
    expect(await refusal(json, { a: new Map([[secret, secret]]) })).not.toContain(secret)
  })
})

describe("what JSON reads", () => {
  it("may be nested up to 1,000 levels, and brackets in texts do not count", async () => {
    expect(await read(JSON.stringify(nested(1000)))).toEqual(nested(1000))
    await expect(read(JSON.stringify(nested(1001)))).rejects.toThrow("1000 levels")
    await expect(read("[".repeat(1_000_000))).rejects.toThrow("1000 levels")
    const text = JSON.stringify(['["[{'.repeat(2000), "\\".repeat(99)])
    expect(await read(text)).toEqual(JSON.parse(text))
  })

  it("holds no number that a double would change", async () => {
    await expect(read('{"id": 12345678901234567891}')).rejects.toThrow("12345678901234567891")
    await expect(read("[-9007199254740993]")).rejects.toThrow("beyond what a double holds")
    await expect(read("[1e400]")).rejects.toThrow("beyond what a double holds")
    await expect(read(`[${"9".repeat(400)}]`)).rejects.toThrow("beyond what a double holds")
    const kept = '[9007199254740992, 1152921504606846976, 0.1000000000000000055, 1e300, 1E-400, "12345678901234567891"]'
    expect(await read(kept)).toEqual(JSON.parse(kept))
  })

  it("is well-formed UTF-8, with or without a byte order mark", async () => {
    await expect((async () => json.deserialize(Uint8Array.of(0x22, 0xff, 0x22)))()).rejects.toThrow()
    expect(await read('\ufeff{"a":1}')).toEqual({ a: 1 })
  })

  it("is never quoted by an error", async () => {
    for (const text of ['{"password": hunter2}', "hunter2", '["hunter2"', '{"hunter2"}', '"hunter2']) {
      await expect(read(text)).rejects.toThrow(/^(?!.*hunter2)the bytes are not JSON/)
    }
  })

  it("is never a pickle", async () => {
    await expect((async () => json.deserialize(Uint8Array.of(0x80, 4, 0x95, 0x2e)))()).rejects.toThrow("pickled")
  })

  it("is a value or an error, whatever the bytes", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (data) => readSafely(json, data)))
    const text = fc.string({ unit: fc.constantFrom(...'[]{}",:\\ue0123456789-.tfn \n') })
    await fc.assert(fc.asyncProperty(text, (each) => readSafely(json, bytesOf(each))))
  })
})
