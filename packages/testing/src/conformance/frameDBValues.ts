import { expect, type Vitest } from "@effect/vitest"
import { FrameDB, Serializer } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FrameDBInstances } from "./frameDBSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<FrameDB>

class Person extends Schema.Class<Person>("Person")({ name: Schema.String, born: Schema.Date }) {}

/** Values: the serializer is recorded, and nothing is lost in silence. */
export const valueTests = (it: Tests, instances: FrameDBInstances): void => {
  const target = { framedbId: instances.storage, type: "storage" } as const

  it.effect("reads a value back with the serializer that wrote it, without being told which", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const cyclic: Record<string, unknown> = {
        map: new Map([[1, new Set(["x"])]]),
        when: new Date(0),
        big: 10n ** 30n,
      }
      cyclic["self"] = cyclic
      const written = [
        [undefined, { plain: [1, "two", null, true] }],
        [Serializer.messagePack, { bytes: Uint8Array.of(1, 2), n: -1.5 }],
        [Serializer.structured, cyclic],
        [Serializer.text, "grüße 👋"],
        [Serializer.bytes, Uint8Array.of(0, 255)],
      ] as const
      for (const [serializer, value] of written) {
        const key = uniqueKey()
        // Each value is one that its serializer takes; the pairs lose that in the array.
        const options = serializer === undefined ? target : { ...target, serializer: serializer as Serializer<unknown> }
        const info = yield* db.setValue<unknown>(key, value, { ...options, metadata: { mine: true } })
        expect(info.content.serializer).toBe(serializer?.name ?? "json")
        const read = yield* db.getValue(key)
        expect(read.value).toEqual(value)
        expect(read.metadata).toEqual({ mine: true })
        expect(read.content.serializer).toBe(serializer?.name ?? "json")
      }
    }),
  )

  it.effect("reads and writes what a schema describes, as its own class", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const serializer = Serializer.schema(Person)
      const ada = new Person({ name: "Ada", born: new Date("1815-12-10") })
      const { key } = yield* db.setValue(undefined, ada, { ...target, serializer })
      const { value } = yield* db.getValue(key, { serializer })
      expect(value).toBeInstanceOf(Person)
      expect(value).toEqual(ada)
    }),
  )

  it.effect("takes the documented kind of serializer, with two methods", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const serializer = {
        serialize: (value: ReadonlyArray<number>) => Uint8Array.from(value),
        deserialize: async (data: Uint8Array) => [...data],
      }
      const { key } = yield* db.setValue(undefined, [1, 2, 3], { ...target, serializer })
      expect((yield* db.getValue(key, { serializer })).value).toEqual([1, 2, 3])
      const unnamed = yield* Effect.flip(db.getValue(key))
      expect(unnamed).toMatchObject({ _tag: "SerializationError", operation: "deserialize" })
    }),
  )

  it.effect("refuses a value that the serializer would change, and writes nothing", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey()
      for (const value of [new Map([[1, 2]]), { a: Number.NaN }, { a: undefined }, 1n, [new Date()], () => 1]) {
        const error = yield* Effect.flip(db.setValue<unknown>(key, value, target))
        expect(error).toMatchObject({ _tag: "SerializationError", serializer: "json", operation: "serialize" })
      }
      expect(yield* db.objectExists(key)).toBe(false)
    }),
  )

  it.effect("recognises a pickle and never runs it", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey("pickled")
      const pickle = Uint8Array.of(0x80, 4, 0x95, 3, 0, 0, 0, 0, 0, 0, 0, 0x4b, 1, 0x2e)
      yield* db.setObject({ key, data: pickle, ...target })
      const error = yield* Effect.flip(db.getValue(key))
      expect(error).toMatchObject({ _tag: "SerializationError", message: expect.stringContaining("pickle") })
    }),
  )
}
