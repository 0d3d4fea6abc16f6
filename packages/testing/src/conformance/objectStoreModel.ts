import { expect, type Vitest } from "@effect/vitest"
import type { ObjectKey, ObjectStore } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import fc from "fast-check"
import { ObjectStoreUnderTest } from "./ObjectStoreUnderTest.ts"
import { uniqueKeys } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStoreUnderTest>

/** How many keys the random programs share: few, so that they meet. */
const sharedKeys = 5

type Operation = "getMany" | "setMany" | "replaceMany" | "insertMany" | "sizeMany" | "deleteMany" | "deleteManyIfEqual"

interface Step {
  readonly operation: Operation
  readonly entries: ReadonlyArray<readonly [key: number, data: Uint8Array]>
}

const step: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom<Operation>(
    "getMany",
    "setMany",
    "setMany",
    "replaceMany",
    "insertMany",
    "sizeMany",
    "deleteMany",
    "deleteManyIfEqual",
  ),
  entries: fc.array(fc.tuple(fc.nat(sharedKeys - 1), fc.uint8Array({ maxLength: 3 })), { minLength: 1, maxLength: 6 }),
})

/** Random programs over a few keys answer as a plain `Map` does. */
export const modelTests = (it: Tests, runs: number): void => {
  it.effect(
    "answers any program of batches as a map does",
    () =>
      Effect.gen(function* () {
        const store = yield* ObjectStoreUnderTest
        const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
          const keys = uniqueKeys(sharedKeys, "model")
          const model = new Map<ObjectKey, Uint8Array>()
          for (const { operation, entries } of steps) {
            const batch = entries.map(([key, data]) => ({ key: keys[key] ?? keyMissing(), data }))
            const expected = expectedOf(model, operation, batch)
            expect(await Effect.runPromise(answerOf(store, operation, batch))).toEqual(expected)
          }
          await Effect.runPromise(store.deleteMany(keys))
        })
        yield* Effect.promise(() => fc.assert(property, { numRuns: runs }))
      }),
    60_000,
  )
}

interface Entry {
  readonly key: ObjectKey
  readonly data: Uint8Array
}

const keyMissing = (): never => {
  throw new RangeError("every step names one of the shared keys")
}

const answerOf = (
  store: ObjectStore,
  operation: Operation,
  batch: ReadonlyArray<Entry>,
): Effect.Effect<unknown, unknown> => {
  const keys = batch.map(({ key }) => key)
  switch (operation) {
    case "getMany":
    case "sizeMany":
    case "deleteMany":
      return store[operation](keys)
    case "setMany":
    case "replaceMany":
    case "insertMany":
    case "deleteManyIfEqual":
      return store[operation](batch)
  }
}

const expectedOf = (model: Map<ObjectKey, Uint8Array>, operation: Operation, batch: ReadonlyArray<Entry>): unknown => {
  const values = batch.map(({ key }) => Option.fromUndefinedOr(model.get(key)))
  const existed = values.map(Option.isSome)
  switch (operation) {
    case "getMany":
      return values.map(Option.map((data) => new Uint8Array(data)))
    case "sizeMany":
      return values.map(Option.map((data) => data.byteLength))
    case "setMany":
      for (const { key, data } of batch) model.set(key, data)
      return undefined
    case "replaceMany":
      for (const { key, data } of batch) if (model.has(key)) model.set(key, data)
      return existed
    case "insertMany": {
      const last = new Map(batch.map(({ key, data }) => [key, data]))
      for (const [key, data] of last) if (!model.has(key)) model.set(key, data)
      return batch.map(({ key }) => Buffer.from(last.get(key) ?? []).equals(model.get(key) ?? new Uint8Array(0)))
    }
    case "deleteMany":
      for (const { key } of batch) model.delete(key)
      return existed
    case "deleteManyIfEqual":
      return batch.map(({ key, data }) => {
        const stored = model.get(key)
        return stored !== undefined && Buffer.compare(stored, data) === 0 && model.delete(key)
      })
  }
}
