import { expect, type Vitest } from "@effect/vitest"
import { FrameDB } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { awkwardKeys, widestKey } from "./awkwardKeys.ts"
import { awkwardContents, patterned } from "./contents.ts"
import type { FrameDBInstances } from "./frameDBSuite.ts"
import { uniqueKey, uniqueKeys } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<FrameDB>

/** Objects: what was set is got, exactly, by everyone, until it is deleted. */
export const objectTests = (it: Tests, instances: FrameDBInstances): void => {
  const targets = [
    { framedbId: instances.memory, type: "in-memory" },
    { framedbId: instances.storage, type: "storage" },
  ] as const

  for (const target of targets) {
    it.effect(`gives back the bytes, metadata and place of an object in ${target.type}`, () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        for (const [label, data] of Object.entries(awkwardContents())) {
          const key = uniqueKey(label)
          const metadata = { label, tags: ["a", { b: null }], nested: { count: 1.5, "odd key ☃": true } }
          const info = yield* db.setObject({ key, data, metadata, ...target })
          expect(info).toEqual({ key, metadata, ...target, sizeBytes: data.byteLength, content: {}, copies: [] })
          const object = yield* db.getObject(key)
          expect(object).toEqual({
            key,
            data,
            metadata,
            ...target,
            sizeBytes: data.byteLength,
            content: {},
            source: expect.any(String),
          })
          expect(yield* db.statObject(key)).toEqual(info)
        }
      }),
    )

    it.effect(`keeps every key apart from every other in ${target.type}`, () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const keys = [...awkwardKeys().flatMap(({ keys }) => keys), widestKey(255)]
        const contents = keys.map((_, index) => patterned(16, index + 1))
        yield* Effect.forEach(
          keys,
          (key, index) => db.setObject({ key, data: contents[index] ?? new Uint8Array(), ...target }),
          { concurrency: 16 },
        )
        const objects = yield* db.getObjects(keys)
        expect(objects.map((object) => Option.map(object, ({ data }) => data))).toEqual(contents.map(Option.some))
        const exists = yield* Effect.forEach(keys, (key) => db.objectExists(key), { concurrency: 16 })
        expect(exists.every(Boolean)).toBe(true)
      }),
    )

    it.effect(`replaces an object in ${target.type}: bytes, size and metadata`, () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const key = uniqueKey()
        for (const [length, metadata] of [
          [10, { a: 1 }],
          [10, { a: 1 }],
          [10, { b: 2 }],
          [0, {}],
          [5000, { a: 1 }],
        ] as const) {
          const data = patterned(length, length + 1)
          yield* db.setObject({ key, data, metadata, ...target })
          expect(yield* db.getObject(key)).toMatchObject({ data, metadata, sizeBytes: length })
          expect(yield* db.statObject(key)).toMatchObject({ metadata, sizeBytes: length })
        }
      }),
    )

    it.effect(`deletes an object in ${target.type} once, and lets its key be set again`, () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const key = uniqueKey()
        yield* db.setObject({ key, data: patterned(9), ...target })
        yield* db.getObject(key)
        expect(yield* db.deleteObject(key)).toBe(true)
        expect(yield* db.deleteObject(key)).toBe(false)
        expect(yield* db.objectExists(key)).toBe(false)
        expect(yield* Effect.flip(db.getObject(key))).toMatchObject({ _tag: "ObjectNotFound", key })
        expect(yield* Effect.flip(db.statObject(key))).toMatchObject({ _tag: "ObjectNotFound", key })
        yield* db.setObject({ key, data: patterned(3), ...target })
        expect((yield* db.getObject(key)).data).toEqual(patterned(3))
      }),
    )
  }

  it.effect("makes a key where none is given, another each time", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const set = db.setObject({ data: patterned(4), ...targets[0] })
      const [one, two] = [yield* set, yield* set]
      expect(one.key).not.toBe(two.key)
      expect((yield* db.getObject(one.key)).data).toEqual(patterned(4))
    }),
  )

  it.effect("lets callers change their buffers without changing what anyone reads", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey()
      const given = patterned(32)
      yield* db.setObject({ key, data: given, ...targets[0] })
      given.fill(0)
      const [first, second] = yield* Effect.all([db.getObject(key), db.getObject(key)], { concurrency: "unbounded" })
      first.data.fill(1)
      expect(second.data).toEqual(patterned(32))
      const third = yield* db.getObject(key)
      third.data.fill(2)
      expect((yield* db.getObject(key)).data).toEqual(patterned(32))
    }),
  )

  it.effect("reads many keys in their order, with nothing where there is nothing", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const keys = uniqueKeys(300)
      const present = keys.filter((_, index) => index % 3 !== 0)
      yield* Effect.forEach(
        present,
        (key) => db.setObject({ key, data: new TextEncoder().encode(key), ...targets[0] }),
        {
          concurrency: 32,
        },
      )
      const answers = yield* db.getObjects(keys)
      expect(answers.map(Option.map((object) => object.key))).toEqual(
        keys.map((key, index) => (index % 3 === 0 ? Option.none() : Option.some(key))),
      )
      expect(yield* db.getObjects([])).toEqual([])
    }),
  )

  it.effect("gives every one of many concurrent readers and writers a whole version", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey()
      const write = (seed: number) => db.setObject({ key, data: new Uint8Array(1000).fill(seed), ...targets[0] })
      yield* write(0)
      const reads = Effect.forEach(Array.from({ length: 50 }), () => db.getObject(key), { concurrency: 10 })
      const writes = Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index + 1),
        write,
        { concurrency: 5 },
      )
      const [objects] = yield* Effect.all([reads, writes], { concurrency: "unbounded" })
      for (const { data } of objects) expect(new Set(data).size).toBe(1)
      yield* write(77)
      expect(new Set((yield* db.getObject(key)).data)).toEqual(new Set([77]))
    }),
  )
}
