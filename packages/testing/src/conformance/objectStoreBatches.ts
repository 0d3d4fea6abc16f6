import { hash } from "node:crypto"
import { expect, type Vitest } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { patterned } from "./contents.ts"
import { ObjectStoreUnderTest } from "./ObjectStoreUnderTest.ts"
import { uniqueKey, uniqueKeys } from "./uniqueKey.ts"

const sha256 = (data: Uint8Array): string => hash("sha256", data, "hex")

type Tests = Vitest.MethodsNonLive<ObjectStoreUnderTest>

/** Batches: answers in the order of the input, whatever is there, given twice, or given at once. */
export const batchTests = (it: Tests): void => {
  it.effect("does nothing for an empty batch", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      expect(yield* store.getMany([])).toEqual([])
      expect(yield* store.setMany([])).toBeUndefined()
      expect(yield* store.replaceMany([])).toEqual([])
      expect(yield* store.sizeMany([])).toEqual([])
      expect(yield* store.deleteMany([])).toEqual([])
      expect(yield* store.insertMany([])).toEqual([])
      expect(yield* store.deleteManyIfEqual([])).toEqual([])
    }),
  )

  it.effect("answers a full batch in the order of its input, present and absent mixed", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const keys = uniqueKeys(store.limits.bulkKeys ?? store.limits.batchKeys, "mixed")
      const present = (index: number) => index % 3 !== 1
      const entries = keys.map((key, index) => ({ key, data: patterned(index, index) }))
      yield* store.setMany(entries.filter((_, index) => present(index)))
      const backwards = keys.toReversed()
      const expected = (answer: (index: number) => unknown) =>
        keys.map((_, index) => (present(index) ? Option.some(answer(index)) : Option.none())).toReversed()
      expect(yield* store.getMany(backwards)).toEqual(expected((index) => patterned(index, index)))
      expect(yield* store.sizeMany(backwards)).toEqual(expected((index) => index))
      expect(yield* store.deleteMany(backwards)).toEqual(keys.map((_, index) => present(index)).toReversed())
      expect(yield* store.getMany(keys)).toEqual(keys.map(() => Option.none()))
    }),
  )

  it.effect("answers a key that is given twice at both places", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const [key, absent] = [uniqueKey("twice"), uniqueKey("twice-absent")]
      yield* store.setMany([{ key, data: patterned(9) }])
      const value = Option.some(patterned(9))
      expect(yield* store.getMany([key, absent, key, absent])).toEqual([value, Option.none(), value, Option.none()])
      expect(yield* store.sizeMany([key, absent, key])).toEqual([Option.some(9), Option.none(), Option.some(9)])
      expect(yield* store.deleteMany([key, absent, key, absent])).toEqual([true, false, true, false])
      expect(yield* store.deleteMany([key, key])).toEqual([false, false])
    }),
  )

  it.effect("digests as its bytes do, where the instance can digest", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const digestMany = store.digestMany ?? ((keys) => Effect.map(store.getMany(keys), Arr.map(Option.map(sha256))))
      const [key, empty, absent] = [uniqueKey("digest"), uniqueKey("digest-empty"), uniqueKey("digest-absent")]
      const entries = [
        { key, data: patterned(5000) },
        { key: empty, data: patterned(0) },
      ]
      yield* store.setMany(entries)
      const [full, nothing] = entries.map(({ data }) => Option.some(sha256(data)))
      expect(yield* digestMany([absent, key, empty, key])).toEqual([Option.none(), full, nothing, full])
      expect(yield* digestMany([])).toEqual([])
      expect(yield* store.deleteMany([key, empty])).toEqual([true, true])
    }),
  )

  it.effect("lets the last of two writes of a batch win", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const [key, other] = [uniqueKey("last"), uniqueKey("last-other")]
      const write = (...seeds: ReadonlyArray<number>) => seeds.map((seed) => ({ key, data: patterned(20, seed) }))
      yield* store.setMany([...write(1), { key: other, data: patterned(1) }, ...write(2)])
      expect(yield* store.getMany([key, other])).toEqual([Option.some(patterned(20, 2)), Option.some(patterned(1))])
      expect(yield* store.replaceMany(write(3, 4, 5))).toEqual([true, true, true])
      expect(yield* store.getMany([key])).toEqual([Option.some(patterned(20, 5))])
    }),
  )

  it.effect("replaces only what exists, and says what did", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const keys = uniqueKeys(6, "replace")
      const exists = keys.map((_, index) => index % 2 === 0)
      yield* store.setMany(keys.filter((_, index) => exists[index]).map((key) => ({ key, data: patterned(5) })))
      const entries = keys.map((key, index) => ({ key, data: patterned(index * 7, index + 10) }))
      expect(yield* store.replaceMany(entries)).toEqual(exists)
      // The same bytes again: a server that counts changed rows must not take them for absent ones.
      expect(yield* store.replaceMany(entries)).toEqual(exists)
      expect(yield* store.getMany(keys)).toEqual(
        entries.map(({ data }, index) => (exists[index] ? Option.some(data) : Option.none())),
      )
      const absent = uniqueKey("replace-absent")
      const twice = [1, 2].map((seed) => ({ key: absent, data: patterned(3, seed) }))
      expect(yield* store.replaceMany(twice)).toEqual([false, false])
      expect(yield* store.sizeMany([absent])).toEqual([Option.none()])
    }),
  )

  it.effect("keeps every write of batches that run at once", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const batches = Array.from({ length: 24 }, (_, index) => uniqueKeys(8, `at-once-${index}`))
      const entriesOf = (batch: number) =>
        (batches[batch] ?? []).map((key, index) => ({ key, data: patterned(index * 11, batch + 1) }))
      yield* Effect.forEach(batches, (_, batch) => store.setMany(entriesOf(batch)), { concurrency: "unbounded" })
      const answers = yield* Effect.forEach(batches, (keys) => store.getMany(keys), { concurrency: "unbounded" })
      answers.forEach((answer, batch) => {
        expect(answer).toEqual(entriesOf(batch).map(({ data }) => Option.some(data)))
      })
    }),
  )

  it.effect("never gives a mixture of two values while one key is overwritten", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const key = uniqueKey("whole")
      const versions = Array.from({ length: 8 }, (_, index) => new Uint8Array(50_000 + index).fill(index))
      yield* store.setMany([{ key, data: new Uint8Array(50_000) }])
      const write = Effect.forEach(versions, (data) => store.setMany([{ key, data }]), { concurrency: 4 })
      const read = Effect.forEach(
        Array.from({ length: 40 }),
        () => Effect.map(store.getMany([key]), ([value]) => Option.getOrThrow(value ?? Option.none())),
        { concurrency: 4 },
      )
      const [, seen] = yield* Effect.all([write, read], { concurrency: 2 })
      for (const bytes of seen) {
        const version = bytes[0] ?? -1
        expect(bytes.byteLength).toBe(50_000 + version)
        expect(bytes.every((byte) => byte === version)).toBe(true)
      }
    }),
  )

  it.effect("lets exactly one of many that remove the same value say so", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const entry = { key: uniqueKey("race"), data: patterned(40) }
      yield* store.setMany([entry])
      const answers = yield* Effect.forEach(Array.from({ length: 10 }), () => store.deleteManyIfEqual([entry]), {
        concurrency: "unbounded",
      })
      expect(answers.flat().filter((removed) => removed)).toHaveLength(1)
    }),
  )

  it.effect("removes of a full batch exactly the values that are the ones given", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const keys = uniqueKeys(store.limits.batchKeys, "equal")
      // Every third is absent, every third is something else by one byte, in turns at the end and within.
      const isEqual = (index: number) => index % 3 === 0
      const isPresent = (index: number) => index % 3 !== 1
      const given = keys.map((key, index) => ({ key, data: patterned(20 + index, index) }))
      const otherThan = (data: Uint8Array, index: number) =>
        index % 2 === 0 ? Uint8Array.of(...data, 0) : data.map((byte, at) => (at === 5 ? byte ^ 1 : byte))
      const stored = given.map(({ key, data }, index) => ({
        key,
        data: isEqual(index) ? data : otherThan(data, index),
      }))
      yield* store.setMany(stored.filter((_, index) => isPresent(index)))
      expect(yield* store.deleteManyIfEqual(given.toReversed())).toEqual(
        keys.map((_, index) => isEqual(index)).toReversed(),
      )
      const left = stored.map(({ data }, index) =>
        isPresent(index) && !isEqual(index) ? Option.some(data) : Option.none(),
      )
      expect(yield* store.getMany(keys)).toEqual(left)
      expect(yield* store.deleteManyIfEqual(given)).toEqual(keys.map(() => false))
      yield* store.deleteMany(keys)
    }),
  )

  it.effect(
    "removes an entry that is given twice once, whatever else is given for its key, and one of the two says so",
    () =>
      Effect.gen(function* () {
        const store = yield* ObjectStoreUnderTest
        const [key, large] = [uniqueKey("equal-twice"), uniqueKey("equal-large")]
        const [entry, other] = [
          { key, data: patterned(30) },
          { key, data: patterned(31) },
        ]
        // Beyond what a backend may handle together with others.
        const largeEntry = { key: large, data: patterned(100_000) }
        yield* store.setMany([entry, largeEntry])
        const answers = yield* store.deleteManyIfEqual([other, entry, largeEntry, entry, other])
        expect(
          answers.map((removed, index) => (removed ? index : undefined)).filter((index) => index !== undefined),
        ).toHaveLength(2)
        expect([answers[0], answers[2], answers[4]]).toEqual([false, true, false])
        expect(yield* store.getMany([key, large])).toEqual([Option.none(), Option.none()])
      }),
  )
}
