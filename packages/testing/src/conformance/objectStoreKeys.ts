import { expect, type Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { awkwardKeys, widestKey } from "./awkwardKeys.ts"
import { patterned } from "./contents.ts"
import { ObjectStoreUnderTest } from "./ObjectStoreUnderTest.ts"
import type { ObjectStoreSuiteOptions } from "./objectStoreSuite.ts"
import { asKey, uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStoreUnderTest>

/** Keys: any Unicode, each its own, also where a collation or a normal form would merge two. */
export const keyTests = (it: Tests, capability: ObjectStoreSuiteOptions<never>["capability"]): void => {
  for (const { group, keys } of awkwardKeys()) {
    it.effect(`tells keys apart: ${group}`, () =>
      Effect.gen(function* () {
        const store = yield* ObjectStoreUnderTest
        const entries = keys.map((key, index) => ({ key, data: patterned(10 + index, index + 1) }))
        const values = entries.map(({ data }) => Option.some(data))
        yield* store.setMany(entries)
        expect(yield* store.getMany(keys)).toEqual(values)
        expect(yield* store.replaceMany(entries)).toEqual(keys.map(() => true))
        const alone = yield* Effect.forEach(keys, (key) => store.getMany([key]))
        expect(alone.flat()).toEqual(values)
        for (const [index, key] of keys.entries()) {
          expect(yield* store.deleteMany([key])).toEqual([true])
          expect(yield* store.getMany(keys)).toEqual(values.map((value, at) => (at > index ? value : Option.none())))
        }
      }),
    )
  }

  it.effect("takes the longest keys, also where each character has four bytes", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      // Without a bound in characters the domain's own holds: 1,024 bytes.
      const wide = Math.min(capability.keyCharacters ?? 255, 255)
      const narrow = Math.min(capability.keyCharacters ?? 1024, 1024)
      const keys = [
        widestKey(wide),
        asKey(uniqueKey("long").padEnd(narrow, "x")),
        asKey(uniqueKey("long").padEnd(narrow)),
      ]
      const entries = keys.map((key, index) => ({ key, data: patterned(index + 1) }))
      yield* store.setMany(entries)
      expect(yield* store.getMany(keys)).toEqual(entries.map(({ data }) => Option.some(data)))
      expect(yield* store.deleteMany(keys)).toEqual([true, true, true])
    }),
  )

  it.effect("takes keys that look like numbers for texts", () =>
    Effect.gen(function* () {
      const store = yield* ObjectStoreUnderTest
      const text = uniqueKey("abc")
      yield* store.setMany([{ key: text, data: patterned(1) }])
      // A number bound to a text column equals every text without digits in front.
      expect(yield* store.getMany([asKey(`0${uniqueKey()}`), text])).toEqual([Option.none(), Option.some(patterned(1))])
    }),
  )
}
