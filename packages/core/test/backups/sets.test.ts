import { expect, it } from "@effect/vitest"
import { MemoryObjectStorage, type ObjectStorageService, readBytes } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { describe } from "vitest"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { listSets } from "../../src/programs/backups/sets/listSets.ts"
import { pruneSets } from "../../src/programs/backups/sets/pruneSets.ts"
import { restoreFromSet, verifySet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { fragile, type Held, makeObjects, makeSink, makeSource, storages } from "./fakes.ts"

interface SetArguments {
  readonly set?: string
  readonly base?: string
  readonly keys?: Iterable<string>
}

const segmentBytes = 1000

const backup = (
  storage: ObjectStorageService,
  held: Held,
  { base, keys = held.keys(), set = "daily" }: SetArguments = {},
) =>
  report(
    backupToSet({
      source: makeSource(held),
      storage,
      keys,
      set,
      prefix: "b/",
      segmentBytes,
      concurrency: 4,
      ...(base === undefined ? {} : { base }),
    }),
  )

const restore = (
  storage: ObjectStorageService,
  options: { readonly set?: string; readonly keys?: Iterable<string>; readonly keyPrefix?: string } = {},
  sink = makeSink(),
) =>
  Effect.map(report(restoreFromSet({ sink, storage, set: "daily", prefix: "b/", ...options })), (reported) => ({
    ...reported,
    held: sink.held,
  }))

const verify = (storage: ObjectStorageService, set = "daily") => report(verifySet({ storage, set, prefix: "b/" }))

const change = (held: Held, key: string): void => {
  const object = held.get(key)
  if (object !== undefined) held.set(key, { ...object, bytes: object.bytes.map((byte) => byte ^ 255) })
}

const manyObjects = () => new Map([...makeObjects(50), ...makeObjects(2, 0, "empty"), ...makeObjects(2, 5000, "large")])

for (const [what, make] of Object.entries(storages)) {
  describe(`a set, in a storage ${what}`, () => {
    it.effect("gives every object back as it was, small, empty and large", () =>
      Effect.gen(function* () {
        const storage = fragile(make())
        const held = manyObjects()
        expect(yield* backup(storage, held)).toMatchObject({ succeeded: 54, failed: 0, bytes: 15_000 })
        // Five or six segments of ten objects and two large objects, an index for each, and the manifest.
        expect(storage.puts().length).toBeLessThanOrEqual(17)
        const restored = yield* restore(storage)
        expect(restored).toMatchObject({ succeeded: 54, failed: 0 })
        expect(restored.held).toEqual(held)
        expect(yield* verify(storage)).toMatchObject({ succeeded: 54, failed: 0 })
      }),
    )

    it.effect("gives named keys and those with a prefix, and says which it does not hold", () =>
      Effect.gen(function* () {
        const storage = make()
        const held = manyObjects()
        yield* backup(storage, held)
        const named = yield* restore(storage, { keys: ["object/7", "large/1", "missing"] })
        expect([...named.held.keys()].sort()).toEqual(["large/1", "object/7"])
        expect(named.results).toContainEqual(expect.objectContaining({ status: "failed", key: "missing" }))
        expect([...(yield* restore(storage, { keyPrefix: "empty/" })).held.keys()].sort()).toEqual([
          "empty/0",
          "empty/1",
        ])
      }),
    )

    it.effect("goes on after a run whose indexes were damaged, and is completed", () =>
      Effect.gen(function* () {
        const storage = fragile(make())
        const held = manyObjects()
        // Some parts, and then nothing more.
        storage.failPutsAfter(11)
        expect((yield* backup(storage, held)).failed).toBeGreaterThan(0)
        storage.failPutsAfter(Number.POSITIVE_INFINITY)
        const indexes = storage.puts().filter((name) => name.includes("/index/"))
        expect(indexes.length).toBeGreaterThan(2)
        yield* storage.flip(indexes[1] ?? "", -10)
        expect(yield* backup(storage, held)).toMatchObject({ failed: 0 })
        expect((yield* restore(storage)).held).toEqual(held)
        expect(yield* verify(storage)).toMatchObject({ succeeded: 54, failed: 0 })
      }),
    )

    it.effect("uploads only what changed, and keeps what it was until the new one is complete", () =>
      Effect.gen(function* () {
        const storage = fragile(make())
        const held = manyObjects()
        yield* backup(storage, held)
        const before = new Map(held)
        change(held, "object/3")
        change(held, "large/0")
        held.delete("object/4")
        const putsBefore = storage.puts().length
        storage.failPutsAfter(1)
        yield* backup(storage, held)
        expect((yield* restore(storage)).held).toEqual(before)
        storage.failPutsAfter(Number.POSITIVE_INFINITY)
        const again = yield* backup(storage, held)
        expect(again.failed).toBe(0)
        expect(again.skipped).toBeGreaterThanOrEqual(51)
        const names = storage.puts().slice(putsBefore)
        expect(names.filter((name) => name.includes("/large/")).length).toBeLessThanOrEqual(2)
        expect(names.filter((name) => name.includes("/segments/"))).toHaveLength(1)
        expect((yield* restore(storage)).held).toEqual(held)
      }),
    )

    it.effect("goes on after a crash at any put, and uploads no committed segment twice", () =>
      Effect.gen(function* () {
        for (let crashAt = 0; crashAt < 16; crashAt++) {
          const storage = fragile(make())
          const held = manyObjects()
          storage.failPutsAfter(crashAt)
          const broken = yield* Effect.result(backup(storage, held))
          storage.failPutsAfter(Number.POSITIVE_INFINITY)
          const again = yield* backup(storage, held)
          expect(again).toMatchObject({ failed: 0 })
          // Without its manifest the set is not complete: the run fails, and the next one has only that to write.
          const done = broken._tag === "Success" ? broken.success.succeeded : held.size
          expect(again.skipped).toBeGreaterThanOrEqual(done)
          const indexes = storage.puts().filter((name) => name.includes("/index/"))
          expect(new Set(indexes).size).toBe(indexes.length)
          const restored = yield* restore(storage)
          expect(restored.held).toEqual(held)
          expect(yield* verify(storage)).toMatchObject({ succeeded: 54, failed: 0 })
        }
      }),
    )
  })
}

describe("a set", () => {
  it.effect("reuses the bytes of another as its base, also under changed metadata", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      const held = manyObjects()
      yield* backup(storage, held, { set: "monday" })
      const object = held.get("object/0")
      if (object !== undefined) held.set("object/0", { ...object, metadata: { renamed: true } })
      const before = storage.puts().length
      const second = yield* backup(storage, held, { set: "tuesday", base: "monday" })
      expect(second).toMatchObject({ skipped: 53, succeeded: 1, failed: 0 })
      expect(
        storage
          .puts()
          .slice(before)
          .filter((name) => name.includes("/segments/")),
      ).toEqual([])
      expect((yield* restore(storage, { set: "tuesday" })).held).toEqual(held)
    }),
  )

  it.effect("is completed without keys that name no object, and stays unfinished when a key fails otherwise", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      const held = makeObjects(3)
      const backedUp = yield* backup(storage, held, { keys: [...held.keys(), "missing", ""] })
      expect(backedUp).toMatchObject({ succeeded: 3, failed: 2 })
      expect(yield* listSets({ storage, prefix: "b/" })).toMatchObject([
        { status: "complete", set: "daily", objects: 3 },
      ])
      const broken = fragile(MemoryObjectStorage.make())
      broken.failPutsAfter(2)
      yield* backup(broken, makeObjects(50))
      expect(yield* listSets({ storage: broken, prefix: "b/" })).toMatchObject([{ status: "unfinished" }])
      const error = yield* Effect.flip(restore(broken))
      expect(error._tag).toBe("InvalidArgument")
    }),
  )

  it.effect("refuses to be made of no keys, and stays as it was", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      const held = makeObjects(3)
      expect(yield* Effect.flip(backup(storage, held, { keys: [] }))).toMatchObject({ argument: "keys" })
      yield* backup(storage, held)
      expect(yield* Effect.flip(backup(storage, held, { keys: [] }))).toMatchObject({ argument: "keys" })
      expect(yield* restore(storage)).toMatchObject({ succeeded: 3, failed: 0 })
      // Going on with what is unchanged is no such run.
      expect(yield* backup(storage, held)).toMatchObject({ skipped: 3 })
    }),
  )

  it.effect("fails every key with the storage's error once the storage is broken, and reads no more objects", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      storage.failPutsAfter(0)
      const held = makeObjects(500)
      const source = makeSource(held)
      const options = { source, storage, keys: held.keys(), set: "daily", segmentBytes, concurrency: 2 }
      const broken = yield* report(backupToSet(options))
      expect(broken).toMatchObject({ succeeded: 0, failed: 500 })
      expect(broken.results[0]).toMatchObject({ error: { _tag: "BackendError", reason: { _tag: "Rejected" } } })
      expect(source.reads()).toBeLessThan(300)
    }),
  )

  it.effect("refuses names that are no names", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      for (const set of ["", "../x", "a/b", ".", "-a", "x".repeat(101)]) {
        expect((yield* Effect.flip(backup(storage, makeObjects(1), { set })))._tag).toBe("InvalidArgument")
      }
    }),
  )

  const damages: ReadonlyArray<readonly [string, (names: ReadonlyArray<string>) => string | undefined, number]> = [
    ["a segment", (names) => names.find((name) => name.includes("/segments/")), 500],
    ["a large object", (names) => names.find((name) => name.includes("/large/")), 4_999],
    ["an index's header", (names) => names.find((name) => name.includes("/index/")), 120],
    ["an index's entry", (names) => names.find((name) => name.includes("/index/")), -30],
    ["the manifest", (names) => names.find((name) => name.endsWith("manifest.json")), 200],
    ["the manifest's seal", (names) => names.find((name) => name.endsWith("manifest.json")), 20],
  ]
  for (const [what, find, at] of damages) {
    it.effect(`shows a flipped byte in ${what} as an IntegrityError, and nothing that it touches is overwritten`, () =>
      Effect.gen(function* () {
        const storage = fragile(MemoryObjectStorage.make())
        const held = manyObjects()
        yield* backup(storage, held)
        yield* storage.flip(find(yield* storage.names) ?? "none", at)
        const sink = makeSink()
        const ended = yield* Effect.result(restore(storage, {}, sink))
        if (ended._tag === "Failure") expect(ended.failure._tag).toBe("IntegrityError")
        else {
          const failures = ended.success.results.filter((result) => result.status === "failed")
          expect(failures).toMatchObject([{ error: { _tag: "IntegrityError" } }])
        }
        for (const [key, object] of sink.held) expect(object).toEqual(held.get(key))
        expect(sink.held.size).toBeLessThan(held.size)
        // Making the set again, from nothing where its own records can't be trusted, heals it or says so.
        const again = yield* Effect.result(backup(storage, held))
        if (again._tag === "Failure") expect(again.failure._tag).toBe("IntegrityError")
      }),
    )
  }

  it.effect("shows a missing segment as an IntegrityError of the objects in it", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      const held = makeObjects(30)
      yield* backup(storage, held)
      const segment = (yield* storage.names).find((name) => name.includes("/segments/"))
      yield* storage.delete(segment ?? "none")
      const restored = yield* restore(storage)
      expect(restored).toMatchObject({ succeeded: 20, failed: 10 })
      expect(yield* verify(storage)).toMatchObject({ succeeded: 20, failed: 10 })
    }),
  )
})

describe("pruning", () => {
  it.effect("removes the sets that are not kept, but for what a kept one still refers to", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      const held = manyObjects()
      yield* backup(storage, held, { set: "monday" })
      for (let index = 0; index < 10; index++) change(held, `object/${index}`)
      yield* backup(storage, held, { set: "tuesday", base: "monday" })
      yield* backup(storage, makeObjects(30, 100, "other"), { set: "other" })
      const all = yield* storage.names
      const planned = yield* pruneSets({ storage, prefix: "b/", keep: ["tuesday"], dryRun: true })
      expect(yield* storage.names).toEqual(all)
      const pruned = yield* pruneSets({ storage, prefix: "b/", keep: ["tuesday"] })
      expect([...pruned.names].sort()).toEqual([...planned.names].sort())
      expect(pruned.names.some((name) => name.includes("/other/000001/segments/"))).toBe(true)
      expect((yield* restore(storage, { set: "tuesday" })).held).toEqual(held)
      expect(yield* listSets({ storage, prefix: "b/" })).toMatchObject([
        { status: "unfinished", set: "monday" },
        { status: "complete", set: "tuesday" },
      ])
      expect((yield* pruneSets({ storage, prefix: "b/", keep: ["tuesday"] })).names).toEqual([])
    }),
  )

  it.effect("removes old generations and leaves a run that is under way", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      const held = makeObjects(50)
      yield* backup(storage, held)
      for (const key of held.keys()) change(held, key)
      yield* backup(storage, held)
      for (const key of held.keys()) change(held, key)
      storage.failPutsAfter(5)
      const broken = yield* backup(storage, held)
      storage.failPutsAfter(Number.POSITIVE_INFINITY)
      const pruned = yield* pruneSets({ storage, prefix: "b/", keep: ["daily"] })
      expect(pruned.names.every((name) => name.includes("/000001/"))).toBe(true)
      expect(pruned.names.length).toBeGreaterThan(0)
      const again = yield* backup(storage, held)
      expect(again.skipped).toBe(broken.succeeded)
      expect((yield* restore(storage)).held).toEqual(held)
    }),
  )

  it.effect("removes nothing when a set to keep is not there or can't be trusted", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      yield* backup(storage, makeObjects(5))
      yield* backup(storage, makeObjects(5), { set: "other" })
      const all = yield* storage.names
      expect((yield* Effect.flip(pruneSets({ storage, prefix: "b/", keep: ["typo"] })))._tag).toBe("InvalidArgument")
      const index = all.find((name) => name.includes("/daily/") && name.includes("/index/")) ?? "none"
      yield* storage.flip(index, 200)
      expect((yield* Effect.flip(pruneSets({ storage, prefix: "b/", keep: ["daily"] })))._tag).toBe("IntegrityError")
      expect(yield* storage.names).toEqual(all)
    }),
  )

  it.effect("touches nothing that is not part of a set", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      yield* storage.put("b/object", Uint8Array.of(1))
      yield* storage.put("other/framedb.backup/sets/x/manifest.json", Uint8Array.of(1))
      yield* backup(storage, makeObjects(5))
      yield* pruneSets({ storage, prefix: "b/", keep: [] })
      expect(yield* storage.names).toEqual(["b/object", "other/framedb.backup/sets/x/manifest.json"])
      expect(Option.isSome(yield* readBytes(storage, "b/object"))).toBe(true)
    }),
  )
})
