import { Serializer } from "@framedb/core"
import { decode, encode } from "@msgpack/msgpack"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { lossy, nested } from "./refusals.ts"
import { expectRoundTrip, readSafely, refusal } from "./roundTrip.ts"

const { messagePack } = Serializer
const read = async (...bytes: ReadonlyArray<number>) => messagePack.deserialize(Uint8Array.from(bytes))

/** Whatever MessagePack holds and JavaScript too. */
const leaf = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
  fc.date({ noInvalidDate: true }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
)
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value

/** Without what the reference implementation writes or reads in its own way: bigints and negative zero. */
const isCommon = (each: unknown): boolean =>
  typeof each === "object" && each !== null && !(each instanceof Uint8Array) && !(each instanceof Date)
    ? Object.entries(each).every(([key, item]) => key !== "__proto__" && isCommon(item))
    : typeof each !== "bigint" && !Object.is(each, -0)

describe("what MessagePack writes", () => {
  it("comes back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(value, (each) => expectRoundTrip(messagePack, each)),
      { numRuns: 500 },
    )
  })

  it("comes back as it was at the edges of every width", async () => {
    const edges = [5, 7, 8, 15, 16, 31, 32, 33, 52, 53].flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1])
    await expectRoundTrip(messagePack, [
      ...edges,
      ...edges.map((edge) => -edge),
      -0,
      0,
      Number.NaN,
      -Infinity,
      Infinity,
    ])
    for (const length of [15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      await expectRoundTrip(messagePack, ["é".repeat(length), "x".repeat(length), new Uint8Array(length).fill(7)])
      await expectRoundTrip(
        messagePack,
        Array.from({ length }, (_, index) => index),
      )
      await expectRoundTrip(messagePack, Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, null])))
    }
    const times = [0, 1, 999, -1, 2 ** 32 * 1000, 2 ** 34 * 1000, 2 ** 34 * 1000 - 1, 8.64e15, -8.64e15]
    await expectRoundTrip(
      messagePack,
      times.map((time) => new Date(time)),
    )
  })

  it("keeps a key that is the name of the prototype", () =>
    expectRoundTrip(messagePack, JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')))

  it("is nested up to 1,000 levels", () => expectRoundTrip(messagePack, nested(1000)))

  it("is what the reference implementation reads, and reads what that writes", async () => {
    await fc.assert(
      fc.asyncProperty(value.filter(isCommon), async (each) => {
        expect(decode(await messagePack.serialize(each))).toStrictEqual(each)
        expect(await messagePack.deserialize(new Uint8Array(encode(each)))).toStrictEqual(each)
      }),
    )
  })
})

describe("what MessagePack refuses to write", () => {
  const more: typeof lossy = [
    ["a bigint that would come back as a number", { a: [10n] }, "$.a[0]"],
    ["a bigint of more than 64 bits", [2n ** 64n], "$[0]"],
    ["an invalid Date", { at: new Date(Number.NaN) }, "$.at"],
    ["a Date with a property", { at: Object.assign(new Date(0), { a: 1 }) }, "$.at"],
    ["a DataView", [new DataView(new ArrayBuffer(1))], "$[0]"],
  ]
  it.each([...lossy, ...more])("%s", async (_, each, path) => {
    expect((await refusal(messagePack, each)).startsWith(path)).toBe(true)
  })
})

describe("what MessagePack reads", () => {
  it("keeps every digit of integers from other languages", async () => {
    expect(await read(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).toBe(2n ** 64n - 1n)
    expect(await read(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0)).toBe(-(2n ** 63n))
    expect(await read(0xcf, 0, 0, 0, 0, 0, 0, 0, 5)).toBe(5)
    expect(await read(0xca, 0x3f, 0x80, 0, 0)).toBe(1)
  })

  it("makes a Map of a map whose keys are not all texts", async () => {
    expect(await read(0x82, 0xa1, 0x61, 1, 2, 3)).toEqual(
      new Map<unknown, unknown>([
        ["a", 1],
        [2, 3],
      ]),
    )
  })

  it.each([
    ["the unused byte", [0xc1]],
    ["an unknown extension", [0xd4, 5, 0]],
    ["a text that is not UTF-8", [0xa1, 0xff]],
    ["an array longer than the bytes", [0xdd, 0x7f, 0xff, 0xff, 0xff, 1]],
    ["a map longer than the bytes", [0xdf, 0xff, 0xff, 0xff, 0xff, 1]],
    ["a text longer than the bytes", [0xdb, 0xff, 0xff, 0xff, 0xff, 1]],
    ["a binary longer than the bytes", [0xc6, 0xff, 0xff, 0xff, 0xff, 1]],
    ["an extension longer than the bytes", [0xc9, 0xff, 0xff, 0xff, 0xff, 5]],
    ["bytes after the value", [1, 1]],
    ["nothing", []],
    ["a pickle", [0x80, 4, 0x4e, 0x2e]],
    ["more than 1,000 levels", [...Array.from({ length: 1001 }, () => 0x91), 0]],
    ["a million levels", Array.from({ length: 1_000_000 }, () => 0x91)],
  ])("refuses %s", async (_, bytes) => {
    await expect((async () => messagePack.deserialize(Uint8Array.from(bytes)))()).rejects.toThrow()
    await readSafely(messagePack, Uint8Array.from(bytes))
  })

  it("is a value or an error, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (data) => readSafely(messagePack, data)),
      {
        numRuns: 2000,
      },
    )
  })
})
