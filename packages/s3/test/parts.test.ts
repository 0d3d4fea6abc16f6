import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import { expect, test } from "vitest"
import { gatherParts, type Part } from "../src/gatherParts.ts"
import { nameOfS3Key, s3KeyOf, s3PrefixOf } from "../src/objectName.ts"
import { maxParts, partSizeOf } from "../src/partSize.ts"

const mebibyte = 1024 * 1024

test("10,000 parts hold the largest object, of known length in parts that are alike, of unknown length in growing ones", () => {
  const largest = 5 * 1024 * 1024 * mebibyte
  expect(partSizeOf(1, 8 * mebibyte, largest) * maxParts).toBeGreaterThanOrEqual(largest)
  expect(partSizeOf(1, 8 * mebibyte, largest)).toBe(partSizeOf(9_999, 8 * mebibyte, largest))
  let room = 0
  for (let partNumber = 1; partNumber <= maxParts; partNumber++) room += partSizeOf(partNumber, 8 * mebibyte, undefined)
  expect(room).toBeGreaterThanOrEqual(largest)
  expect(partSizeOf(maxParts, 8 * mebibyte, undefined)).toBeLessThanOrEqual(5 * 1024 * mebibyte)
  expect(partSizeOf(1, 8 * mebibyte, 10)).toBe(8 * mebibyte)
})

const gatherAll = (pieces: ReadonlyArray<Uint8Array>, sizeBytes?: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(Stream.fromIterable(pieces, { chunkSize: 2 }))
      const next = gatherParts(pull, { partBytes: 10, partsInFlight: 2, sizeBytes })
      const parts: Array<Pick<Part, "partNumber" | "isLast"> & { bytes: ReadonlyArray<number> }> = []
      for (;;) {
        const { bytes, isLast, partNumber, release } = yield* next
        parts.push({ partNumber, bytes: [...bytes], isLast })
        yield* release
        if (isLast) return parts
      }
    }),
  )

test("pieces of any size become parts of one size, the last as it comes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 25 })), fc.boolean(), async (pieces, isSaid) => {
      const whole = pieces.flatMap((piece) => [...piece])
      const parts = await Effect.runPromise(gatherAll(pieces, isSaid ? whole.length : undefined))
      expect(parts.flatMap((part) => part.bytes)).toEqual(whole)
      expect(parts.map((part) => part.partNumber)).toEqual(parts.map((_, index) => index + 1))
      expect(parts.map((part) => part.isLast)).toEqual(parts.map((_, index) => index === parts.length - 1))
      for (const part of parts.slice(0, -1)) expect(part.bytes).toHaveLength(10)
      expect(parts).toHaveLength(Math.max(1, Math.ceil(whole.length / 10)))
    }),
  )
})

test("a body of another length than was said fails, at the latest with its last part", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 25 })),
      fc.integer({ min: 1, max: 30 }),
      async (pieces, off) => {
        const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
        for (const said of [length + off, length - off].filter((size) => size >= 0)) {
          const error = await Effect.runPromise(Effect.flip(gatherAll(pieces, said)))
          expect(error._tag).toBe("BackendError")
        }
      },
    ),
  )
})

const segments = fc.array(
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.constantFrom("", ".", "..", "%2E", "%25", "%00", "%", "%252E"),
  ),
  { minLength: 1, maxLength: 6 },
)

test("every name comes back from its S3 key, no two share one, and no path segment can be resolved away", () => {
  fc.assert(
    fc.property(segments, segments, fc.nat(), (left, right, at) => {
      const [name, other] = [left.join("/"), right.join("/")]
      const key = s3KeyOf("some/prefix-", name)
      expect(nameOfS3Key("some/prefix-", key)).toBe(name)
      if (name !== other) expect(s3KeyOf("some/prefix-", other)).not.toBe(key)
      expect(key.split("/").slice(0, -1)).not.toContain("")
      expect(key.split("/").some((segment) => segment === "." || segment === "..")).toBe(false)
      expect(key.startsWith(s3PrefixOf("some/prefix-", name.slice(0, at % (name.length + 1))))).toBe(true)
    }),
    { numRuns: 500 },
  )
})
