import { expect, type Vitest } from "@effect/vitest"
import { ObjectStorage, readBytes } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { patterned } from "./contents.ts"
import type { ObjectStorageCapability } from "./objectStorageSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStorage>

const rejected = (error: { readonly reason: { readonly _tag: string } }): void => {
  expect(error.reason._tag).toBe("Rejected")
}

/** Listing and deleting, or the word that the storage can't. */
export const storageListingTests = (it: Tests, capability: ObjectStorageCapability): void => {
  it.effect("says what it can do", () =>
    Effect.gen(function* () {
      const { capabilities } = yield* ObjectStorage
      expect(capabilities).toMatchObject({
        createOnly: capability.createOnly,
        stat: capability.stat,
        list: capability.list,
        delete: capability.delete,
      })
      expect(capabilities.attributeBytes > 0).toBe(capability.attributes)
    }),
  )
  if (!capability.stat) {
    it.effect("refuses stat", () =>
      Effect.gen(function* () {
        rejected(yield* Effect.flip((yield* ObjectStorage).stat("x")))
      }),
    )
  }
  if (capability.list) listing(it)
  else {
    it.effect("refuses list", () =>
      Effect.gen(function* () {
        rejected(yield* Effect.flip(Stream.runCollect((yield* ObjectStorage).list("x"))))
      }),
    )
  }
  if (capability.delete) deleting(it)
  else {
    it.effect("refuses delete", () =>
      Effect.gen(function* () {
        rejected(yield* Effect.flip((yield* ObjectStorage).delete("x")))
      }),
    )
  }
}

const listing = (it: Tests): void => {
  it.effect("lists what begins with a prefix, with sizes where it says any, each once", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const own = uniqueKey("list")
      const names = [own, `${own}/a`, `${own}/a/b`, `${own}/b`, `${own}-c`, `${own}/é`]
      yield* Effect.forEach(names, (name, index) => storage.put(name, patterned(index)), { discard: true })
      const list = (prefix: string) =>
        Effect.map(Stream.runCollect(storage.list(prefix)), (entries) => entries.map((entry) => entry.name).sort())
      expect(yield* list(own)).toEqual([...names].sort())
      expect(yield* list(`${own}/`)).toEqual(names.filter((name) => name.startsWith(`${own}/`)).sort())
      expect(yield* list(`${own}/a`)).toEqual([`${own}/a`, `${own}/a/b`])
      expect(yield* list(`${own}/x`)).toEqual([])
      for (const entry of yield* Stream.runCollect(storage.list(own))) {
        if (entry.sizeBytes !== undefined) expect(entry.sizeBytes).toBe(names.indexOf(entry.name))
      }
    }),
  )

  it.effect("lists more than one page", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const own = uniqueKey("pages")
      const names = Array.from({ length: 1_050 }, (_, index) => `${own}/${index}`)
      yield* Effect.forEach(names, (name) => storage.put(name, patterned(1)), { concurrency: 16, discard: true })
      const listed = yield* Stream.runCollect(storage.list(own))
      expect(new Set(listed.map((entry) => entry.name))).toEqual(new Set(names))
      expect(listed).toHaveLength(names.length)
      expect(yield* Stream.runCollect(Stream.take(storage.list(own), 3))).toHaveLength(3)
    }),
  )
}

const deleting = (it: Tests): void => {
  it.effect("removes an object, and finds nothing wrong where there is none", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const own = uniqueKey("delete")
      yield* storage.put(`${own}/a`, patterned(5))
      yield* storage.put(`${own}/a/b`, patterned(6))
      yield* storage.delete(`${own}/a`)
      yield* storage.delete(`${own}/a`)
      expect(yield* readBytes(storage, `${own}/a`)).toEqual(Option.none())
      expect(Option.getOrThrow(yield* readBytes(storage, `${own}/a/b`)).bytes).toEqual(patterned(6))
      yield* storage.delete(`${own}/a/b`)
      yield* storage.put(`${own}/a/b`, patterned(7))
      expect(Option.getOrThrow(yield* readBytes(storage, `${own}/a/b`)).bytes).toEqual(patterned(7))
    }),
  )
}
