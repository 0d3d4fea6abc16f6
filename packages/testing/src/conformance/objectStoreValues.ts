import { expect, type Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { awkwardContents, patterned } from "./contents.ts"
import { ObjectStoreUnderTest } from "./ObjectStoreUnderTest.ts"
import type { ObjectStoreSuiteOptions } from "./objectStoreSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStoreUnderTest>

/** One value at a time: the same bytes out as in, in buffers of their own. */
export const valueTests = (it: Tests, capability: ObjectStoreSuiteOptions<never>["capability"]): void => {
  it.effect("states its limits", () =>
    Effect.gen(function* () {
      const { limits } = yield* ObjectStoreUnderTest
      expect(limits.inlineBytes).toBe(capability.inlineBytes)
      expect(limits.keyCharacters).toBe(capability.keyCharacters)
      expect(limits.batchKeys).toBeGreaterThanOrEqual(1)
      expect(limits.batchBytes).toBeGreaterThanOrEqual(1)
      expect(limits.batchesInFlight).toBeGreaterThanOrEqual(1)
    }),
  )

  for (const [what, bytes] of Object.entries(awkwardContents())) {
    it.effect(`keeps ${what} as they are`, () => roundTrip(bytes))
  }
  it.effect("keeps a value of 1 MiB", () => roundTrip(patterned(1024 * 1024)))
  it.effect("keeps a value of the inline limit", () => roundTrip(patterned(capability.inlineBytes)), 60_000)

  it.effect("keeps only the part that a view shows", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const key = uniqueKey("view")
      yield* store.setMany([{ key, data: patterned(64).subarray(10, 20) }])
      expect(yield* read(key)).toEqual(Option.some(patterned(64).slice(10, 20)))
    }),
  )

  it.effect("overwrites a value with a shorter one, a longer one and no bytes", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const key = uniqueKey("overwrite")
      for (const length of [100, 3, 5000, 0, 1]) {
        yield* store.setMany([{ key, data: patterned(length, length + 1) }])
        expect(yield* read(key)).toEqual(Option.some(patterned(length, length + 1)))
        expect(yield* store.sizeMany([key])).toEqual([Option.some(length)])
      }
    }),
  )

  it.effect("answers with bytes that nobody else has, in memory that is not much larger", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const keys = [uniqueKey("own"), uniqueKey("own")]
      yield* store.setMany(keys.map((key, index) => ({ key, data: patterned(100 + index) })))
      const [first, second, again] = yield* store.getMany([...keys, ...keys.slice(0, 1)])
      for (const result of [first, second, again]) {
        const bytes = Option.getOrThrow(result ?? Option.none())
        expect(bytes.buffer).toBeInstanceOf(ArrayBuffer)
        expect(bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(16 * 1024, bytes.byteLength + 64))
        bytes.fill(0)
      }
      expect(yield* store.getMany(keys)).toEqual([Option.some(patterned(100)), Option.some(patterned(101))])
    }),
  )

  it.effect("does not change what it was given, and what it keeps does not change with it", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const key = uniqueKey("given")
      const data = patterned(300)
      yield* store.setMany([{ key, data }])
      expect(data).toEqual(patterned(300))
      data.fill(7)
      expect(yield* read(key)).toEqual(Option.some(patterned(300)))
      yield* store.replaceMany([{ key, data }])
      data.fill(8)
      expect(yield* read(key)).toEqual(Option.some(new Uint8Array(300).fill(7)))
    }),
  )

  it.effect("removes a value only while it is exactly the one given", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const key = uniqueKey("equal")
      for (const data of Object.values(awkwardContents())) {
        expect(yield* store.deleteManyIfEqual([{ key, data }])).toEqual([false])
        yield* store.setMany([{ key, data }])
        expect(yield* store.deleteManyIfEqual([{ key, data: Uint8Array.of(...data, 32) }])).toEqual([false])
        expect(yield* store.deleteManyIfEqual([{ key, data: Uint8Array.of(1, 2, 3) }])).toEqual([false])
        expect(yield* read(key)).toEqual(Option.some(data))
        expect(yield* store.deleteManyIfEqual([{ key, data }])).toEqual([true])
        expect(yield* read(key)).toEqual(Option.none())
        expect(yield* store.deleteManyIfEqual([{ key, data }])).toEqual([false])
      }
    }),
  )
}

const read = Effect.fnUntraced(function* (key: ReturnType<typeof uniqueKey>) {
  const store = yield* ObjectStoreUnderTest
  const [result] = yield* store.getMany([key])
  return result ?? Option.none()
})

const roundTrip = Effect.fnUntraced(function* (bytes: Uint8Array<ArrayBuffer>) {
  const store = yield* ObjectStoreUnderTest
  const key = uniqueKey("round-trip")
  expect(yield* store.getMany([key])).toEqual([Option.none()])
  expect(yield* store.sizeMany([key])).toEqual([Option.none()])
  yield* store.setMany([{ key, data: bytes }])
  const stored = Option.getOrThrow(yield* read(key))
  // Buffer.compare answers at once where a comparison by assertion takes seconds for megabytes.
  expect(stored.byteLength).toBe(bytes.byteLength)
  expect(Buffer.compare(stored, bytes)).toBe(0)
  expect(yield* store.sizeMany([key])).toEqual([Option.some(bytes.byteLength)])
  expect(yield* store.deleteMany([key])).toEqual([true])
  // Not the value itself: to show megabytes that should not be there takes more memory than there is.
  expect(Option.isNone(yield* read(key))).toBe(true)
})
