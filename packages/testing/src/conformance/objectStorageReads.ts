import { expect, type Vitest } from "@effect/vitest"
import { collectBytes, ObjectStorage, readBytes } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { patterned } from "./contents.ts"
import type { ObjectStorageCapability } from "./objectStorageSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStorage>

/** Absence, sizes, ranges, and readers beside writers. */
export const storageReadTests = (it: Tests, capability: ObjectStorageCapability): void => {
  it.effect("has nothing under a name that was never written", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      expect(yield* readBytes(storage, uniqueKey("absent"))).toEqual(Option.none())
      expect(yield* readBytes(storage, uniqueKey("absent"), { range: { offset: 3, length: 0 } })).toEqual(Option.none())
      if (capability.stat) expect(yield* storage.stat(uniqueKey("absent"))).toEqual(Option.none())
    }),
  )

  it.effect("gives the asked range, what there is of it, and the whole size with it", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("range")
      const bytes = patterned(1000)
      yield* storage.put(name, bytes)
      for (const [offset, length] of [
        [0, undefined],
        [0, 1],
        [10, 20],
        [999, 1],
        [990, 500],
        [500, undefined],
        [1000, undefined],
        [5000, 10],
        [10, 0],
      ] as const) {
        const range = length === undefined ? { offset } : { offset, length }
        const read = Option.getOrThrow(yield* readBytes(storage, name, { range }))
        expect(read.info.sizeBytes).toBe(1000)
        expect(read.bytes).toEqual(bytes.slice(offset, length === undefined ? undefined : offset + length))
      }
    }),
  )

  it.effect("gives nothing of an empty object, whatever the range", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("empty")
      yield* storage.put(name, new Uint8Array(0))
      for (const range of [{ offset: 0 }, { offset: 0, length: 5 }, { offset: 7 }]) {
        expect(Option.getOrThrow(yield* readBytes(storage, name, { range })).bytes.byteLength).toBe(0)
      }
    }),
  )

  it.effect("gives a reader one version whole, or an error, while the object is overwritten", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("versions")
      const versions = [patterned(300_000, 1), patterned(300_000, 2)]
      const put = (index: number) => storage.put(name, versions[index % 2] ?? new Uint8Array(0))
      yield* put(0)
      const read = Effect.scoped(
        Effect.flatMap(storage.get(name), (found) => collectBytes(Option.getOrThrow(found).body)),
      )
      const writes = Effect.forEach(Array.from({ length: 10 }).keys(), put, { discard: true })
      const reads = Effect.forEach(Array.from({ length: 10 }), () => Effect.option(read))
      const [, seen] = yield* Effect.all([writes, reads], { concurrency: 2 })
      for (const bytes of seen.flatMap(Option.toArray)) {
        expect(versions.some((version) => Buffer.compare(version, bytes) === 0)).toBe(true)
      }
    }),
  )

  it.effect("gives what was opened, or an error, where it is overwritten before a byte of it is read", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("opened")
      const opened = patterned(300_000, 1)
      for (const range of [undefined, { offset: 100_000 }]) {
        yield* storage.put(name, opened)
        const read = Effect.flatMap(storage.get(name, range), (found) =>
          Effect.andThen(
            storage.put(name, patterned(300_001, 2)),
            Effect.option(collectBytes(Option.getOrThrow(found).body)),
          ),
        )
        const seen = Option.toArray(yield* Effect.scoped(read))
        for (const bytes of seen) expect(Buffer.compare(bytes, opened.subarray(range?.offset ?? 0))).toBe(0)
      }
    }),
  )

  it.effect("lets a body go unread", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("unread")
      yield* storage.put(name, patterned(500_000))
      // More than any pool of connections: each must have been given back.
      for (let round = 0; round < 80; round++) yield* Effect.scoped(storage.get(name))
      expect(Option.isSome(yield* readBytes(storage, name))).toBe(true)
    }),
  )

  it.effect("hands out bytes that are the reader's own", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("own")
      yield* storage.put(name, patterned(100))
      Option.getOrThrow(yield* readBytes(storage, name)).bytes.fill(0)
      expect(Option.getOrThrow(yield* readBytes(storage, name)).bytes).toEqual(patterned(100))
    }),
  )
}
