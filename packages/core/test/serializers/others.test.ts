import { Serializer, serializerFor } from "@framedb/core"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { expectRoundTrip, readSafely, refusal, roundTrip } from "./roundTrip.ts"

const { bytes, json, schema, text } = Serializer

describe("text", () => {
  it("comes back as it was, its byte order mark too", async () => {
    await expectRoundTrip(text, "\ufeffmark\0😀\r\n")
    const wellFormed = fc.string({ unit: "binary" }).filter((each) => each.isWellFormed())
    await fc.assert(fc.asyncProperty(wellFormed, (each) => expectRoundTrip(text, each)))
  })

  it("refuses what is not a well-formed text, written or read", async () => {
    for (const value of ["\ud800", 1, null, Object("boxed")]) expect(await refusal(text, value)).toMatch(/^\$ is/)
    for (const data of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x80, 4, 0x2e]]) {
      await expect((async () => text.deserialize(Uint8Array.from(data)))()).rejects.toThrow()
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array(), (data) => readSafely(text, data)))
  })
})

describe("bytes", () => {
  it("are themselves, and nothing else is taken for them", async () => {
    await expectRoundTrip(bytes, Uint8Array.of(0, 128, 255))
    for (const value of ["text", [1, 2], new ArrayBuffer(1), new Uint16Array(1)]) {
      expect(await refusal(bytes, value)).toMatch(/^\$ is/)
    }
  })
})

describe("a schema", () => {
  class Point extends Schema.Class<Point>("Point")({ x: Schema.Number }) {}
  const Everything = Schema.Struct({
    at: Schema.Date,
    big: Schema.BigInt,
    maybe: Schema.Option(Schema.String),
    point: Point,
    map: Schema.ReadonlyMap(Schema.String, Schema.Date),
    data: Schema.Uint8Array,
    left: Schema.optionalKey(Schema.String),
    number: Schema.Number,
  })
  const value: typeof Everything.Type = {
    at: new Date(0),
    big: 2n ** 70n,
    maybe: Option.some("x"),
    point: new Point({ x: 1 }),
    map: new Map([["a", new Date(1)]]),
    data: Uint8Array.of(1, 2),
    number: Number.NaN,
  }

  it("brings dates, bigints, options, classes and maps through JSON", async () => {
    const back = await roundTrip(schema(Everything), value)
    expect(back).toEqual(value)
    expect(back.point).toBeInstanceOf(Point)
  })

  it("writes plain JSON, which is read without the schema as such", async () => {
    const written = await schema(Everything).serialize(value)
    expect(await json.deserialize(new Uint8Array(written))).toMatchObject({ at: "1970-01-01T00:00:00.000Z" })
    expect(schema(Everything).name).toBe("json")
  })

  it("refuses what the schema does not describe, written or read", async () => {
    const point = schema(Schema.Struct({ x: Schema.Finite }))
    expect(await refusal(point, { x: "1" })).toMatch(/x/)
    expect(await refusal(point, { x: Number.NaN })).toMatch(/x/)
    expect(await refusal(point, { x: 1, y: 2 })).toMatch(/y/)
    expect(await refusal(point, { x: "hunter2" })).not.toContain("hunter2")
    await expect(async () => point.deserialize(new TextEncoder().encode('{"x":"1"}'))).rejects.toThrow()
    expect(await point.deserialize(new TextEncoder().encode('{"x":1,"later":2}'))).toEqual({ x: 1 })
  })
})

describe("every built-in serializer", () => {
  it("reads from any view of the bytes, and what it gives does not change with them", async () => {
    const cases: ReadonlyArray<readonly [string, unknown]> = [
      ["json", { a: ["é"] }],
      ["messagePack", { a: ["é"], data: Uint8Array.of(1, 2, 3), at: new Date(1) }],
      ["structured", { a: ["é"], data: Uint8Array.of(1, 2, 3), map: new Map([[1, -0.5]]), big: 2n ** 70n }],
      ["text", "é".repeat(40)],
    ]
    for (const [name, value] of cases) {
      const serializer = [json, Serializer.messagePack, Serializer.structured].find((each) => each.name === name)
      const written = await (serializer?.serialize(value) ?? text.serialize(String(value)))
      const pool = Buffer.concat([Buffer.alloc(13, 0xff), written, Buffer.alloc(7, 0xff)])
      const back = await serializerFor(name)?.deserialize(pool.subarray(13, 13 + written.byteLength))
      pool.fill(0)
      expect(back).toEqual(value)
    }
  })
})

describe("serializerFor", () => {
  it("finds every built-in serializer by the name that is recorded", () => {
    for (const name of ["json", "messagePack", "structured", "text", "bytes"]) {
      expect(serializerFor(name)?.name).toBe(name)
    }
    for (const name of ["pickle", "", "__proto__", "constructor"]) expect(serializerFor(name)).toBeUndefined()
  })
})
