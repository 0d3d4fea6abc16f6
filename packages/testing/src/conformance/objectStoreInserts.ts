import { expect, type Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { patterned } from "./contents.ts"
import { ObjectStoreUnderTest } from "./ObjectStoreUnderTest.ts"
import { uniqueKey, uniqueKeys } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStoreUnderTest>

/** Writes where nothing is: nobody's bytes are ever overwritten by them. */
export const insertTests = (it: Tests): void => {
  it.effect("inserts only where nothing is, and says where its bytes are", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const [key, empty] = [uniqueKey("insert"), uniqueKey("insert-empty")]
      const mine = { key, data: patterned(30, 1) }
      const none = { key: empty, data: patterned(0) }
      expect(yield* store.insertMany([])).toEqual([])
      expect(yield* store.insertMany([mine])).toEqual([true])
      expect(yield* store.insertMany([mine, none])).toEqual([true, true])
      expect(yield* store.insertMany([{ key, data: patterned(30, 2) }])).toEqual([false])
      expect(yield* store.insertMany([{ key: empty, data: patterned(1) }])).toEqual([false])
      expect(yield* store.getMany([key, empty])).toEqual([Option.some(mine.data), Option.some(none.data)])
    }),
  )

  it.effect("inserts a full batch in order, around what is there", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const keys = uniqueKeys(store.limits.batchKeys, "insert-mixed")
      const isThere = (index: number) => index % 3 === 1
      const isSame = (index: number) => index % 2 === 0
      const entries = keys.map((key, index) => ({ key, data: patterned(index, index) }))
      const there = entries.flatMap(({ key, data }, index) => {
        return isThere(index) ? [{ key, data: isSame(index) ? data : patterned(9, 200) }] : []
      })
      if (there.length > 0) yield* store.setMany(there)
      const held = keys.map((_, index) => !isThere(index) || isSame(index))
      expect(yield* store.insertMany(entries.toReversed())).toEqual(held.toReversed())
      const values = entries.map(({ data }, index) => Option.some(held[index] ? data : patterned(9, 200)))
      expect(yield* store.getMany(keys)).toEqual(values)
    }),
  )

  it.effect("inserts large values and any number of small ones", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      for (const count of [1, 2, 7, 8, 9, 23]) {
        const entries = uniqueKeys(Math.min(count, store.limits.batchKeys), "insert-count").map((key, index) => ({
          key,
          data: patterned(index === 1 ? 300_000 : index, count),
        }))
        expect(yield* store.insertMany(entries)).toEqual(entries.map(() => true))
        const stored = yield* store.getMany(entries.map(({ key }) => key))
        const isThere = entries.map(({ data }, index) =>
          Option.exists(stored[index] ?? Option.none(), (bytes) => Buffer.compare(bytes, data) === 0),
        )
        expect(isThere).toEqual(entries.map(() => true))
      }
    }),
  )

  it.effect("lets exactly one of many that insert different values at once have its way", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const [key, other] = [uniqueKey("insert-race"), uniqueKey("insert-race")]
      const values = Array.from({ length: 10 }, (_, index) => patterned(40, index))
      const answers = yield* Effect.forEach(
        values,
        (data) =>
          store.insertMany([
            { key, data },
            { key: other, data: patterned(1) },
          ]),
        { concurrency: "unbounded" },
      )
      const winner = answers.findIndex(([mine]) => mine === true)
      expect(answers.map(([mine]) => mine)).toEqual(values.map((_, index) => index === winner))
      expect(answers.map(([, same]) => same)).toEqual(values.map(() => true))
      expect(yield* store.getMany([key])).toEqual([Option.fromUndefinedOr(values[winner])])
    }),
  )
}
