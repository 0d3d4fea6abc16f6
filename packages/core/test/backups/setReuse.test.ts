import { expect, it } from "@effect/vitest"
import { MemoryObjectStorage, type ObjectStorageService } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import type { BackupSource } from "../../src/programs/backups/BackupSource.ts"
import { sha256 } from "../../src/programs/backups/digest.ts"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { restoreFromSet, verifySet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { fragile, type Held, makeObjects, makeSink, makeSource } from "./fakes.ts"

const makeHeld = (): Held => new Map([...makeObjects(30), ...makeObjects(2, 5000, "large")])

const backup = (storage: ObjectStorageService, held: Held) =>
  report(backupToSet({ source: makeSource(held), storage, keys: held.keys(), set: "daily", segmentBytes: 1000 }))

const restore = Effect.fnUntraced(function* (storage: ObjectStorageService) {
  const sink = makeSink()
  const { failed } = yield* report(restoreFromSet({ sink, storage, set: "daily" }))
  return { failed, held: sink.held }
})

const verify = (storage: ObjectStorageService) => report(verifySet({ storage, set: "daily" }))

const stored = (storage: ObjectStorageService, folder: string) =>
  Effect.map(Stream.runCollect(storage.list("")), (listed) =>
    listed.flatMap(({ name }) => (name.includes(`/${folder}/`) ? [name] : [])),
  )

const telling = (storage: ObjectStorageService, says: { list: boolean; stat: boolean }): ObjectStorageService => ({
  ...storage,
  capabilities: { ...storage.capabilities, ...says },
})

/** The bytes of one key, another version whenever it is opened. */
const changingSource = (sizeBytes: number, isDigested: boolean): BackupSource<never> => {
  let version = 0
  return {
    open: (key) =>
      Effect.sync(() => {
        const bytes = new Uint8Array(sizeBytes).fill(++version)
        return {
          key,
          framedbId: "redis-1",
          type: "in-memory",
          metadata: {},
          content: {},
          sizeBytes,
          ...(isDigested ? { sha256: sha256(bytes) } : {}),
          bytes: Effect.succeed(bytes),
          stream: Stream.succeed(bytes),
        }
      }),
  }
}

describe("a set whose stored objects were removed by somebody else", () => {
  for (const [how, says] of [
    ["lists", { list: true, stat: false }],
    ["tells of single objects", { list: false, stat: true }],
  ] as const) {
    for (const folder of ["segments", "large"]) {
      it.effect(`is whole after the next run, of ${folder} in a storage that ${how}`, () =>
        Effect.gen(function* () {
          const storage = MemoryObjectStorage.make()
          const held = makeHeld()
          yield* backup(storage, held)
          const [gone = "", cut = ""] = yield* stored(storage, folder)
          yield* storage.delete(gone)
          yield* storage.put(cut, new Uint8Array(3))
          expect((yield* verify(storage)).failed).toBeGreaterThan(0)
          const again = yield* backup(telling(storage, says), held)
          expect(again.failed).toBe(0)
          expect(again.succeeded).toBeGreaterThan(0)
          expect(again.skipped).toBeGreaterThan(0)
          expect(yield* restore(storage)).toEqual({ failed: 0, held })
        }),
      )
    }
  }

  it.effect("is whole after the run that goes on with one that broke off", () =>
    Effect.gen(function* () {
      const storage = fragile(MemoryObjectStorage.make())
      const held = makeHeld()
      storage.failPutsAfter(6)
      yield* Effect.exit(backup(storage, held))
      const before = yield* stored(storage, "segments")
      expect(before.length).toBeGreaterThan(1)
      yield* storage.delete(before[0] ?? "")
      storage.failPutsAfter(Number.POSITIVE_INFINITY)
      expect(yield* backup(storage, held)).toMatchObject({ failed: 0 })
      expect(yield* restore(storage)).toEqual({ failed: 0, held })
    }),
  )
})

describe("a large object of a set", () => {
  it.effect("that is named twice, and changes in between, is stored as both versions", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      const source = changingSource(5000, false)
      const keys = ["large", "large"]
      expect(yield* report(backupToSet({ source, storage, keys, set: "daily", segmentBytes: 1000 }))).toMatchObject({
        succeeded: 2,
      })
      expect(yield* verify(storage)).toMatchObject({ failed: 0 })
    }),
  )

  for (const [what, isDigested, sizeBytes] of [
    ["is stored with its size where that is sure", true, 5000],
    ["is stored without a size where that is only what was registered", false, undefined],
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const sizes: Array<number | undefined> = []
        const inner = MemoryObjectStorage.make()
        const storage: ObjectStorageService = {
          ...inner,
          put: (name, body, options) => {
            if (name.includes("/large/")) sizes.push(options?.sizeBytes)
            return inner.put(name, body, options)
          },
        }
        const source = changingSource(5000, isDigested)
        yield* report(backupToSet({ source, storage, keys: ["large"], set: "daily", segmentBytes: 1000 }))
        expect(sizes).toEqual([sizeBytes])
      }),
    )
  }
})
