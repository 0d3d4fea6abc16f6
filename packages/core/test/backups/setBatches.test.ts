import { expect, it } from "@effect/vitest"
import { isObjectKey, MemoryObjectStorage } from "@framedb/core"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import type { BackupSource } from "../../src/programs/backups/BackupSource.ts"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { restoreFromSet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { asKey, fragile, type Held, makeObjects, makeSink, makeSource } from "./fakes.ts"

const segmentBytes = 1000

/** A source that reads in batches of `batchKeys`, and whose reads leave out what `isLost` names. */
const batching = (held: Held, batchKeys: number, isLost: (key: string) => boolean = () => false) => {
  const alone = makeSource(held)
  const sizes: Array<number> = []
  const findBatches: NonNullable<BackupSource<never>["findBatches"]> = (keys, maxBytes) => {
    const objects = keys.flatMap((key) => {
      const object = held.get(key)
      const sizeBytes = object?.bytes.byteLength ?? 0
      return object === undefined || sizeBytes > maxBytes ? [] : [{ ...object, key, sizeBytes }]
    })
    const batches = Array.from({ length: Math.ceil(objects.length / batchKeys) }, (_, index) =>
      objects.slice(index * batchKeys, (index + 1) * batchKeys),
    )
    return Effect.succeed(
      batches.map((batch) => ({
        objects: batch,
        read: Effect.sync(() => {
          sizes.push(batch.length)
          return batch.map(({ bytes, key }) => (isLost(key) ? undefined : bytes.slice()))
        }),
      })),
    )
  }
  return { ...alone, findBatches, sizes }
}

const backup = (source: ReturnType<typeof batching>, held: Held, storage = MemoryObjectStorage.make()) =>
  Effect.gen(function* () {
    const keys = [...held.keys(), "absent", ""]
    const backedUp = yield* report(backupToSet({ source, storage, keys, set: "daily", segmentBytes }))
    const sink = makeSink()
    const restored = yield* report(restoreFromSet({ sink, storage, set: "daily" }))
    return { backedUp, restored, held: sink.held }
  })

describe("a set whose source reads in batches", () => {
  it.effect("holds what a source that reads one by one gives, small, empty and large", () =>
    Effect.gen(function* () {
      const held = new Map([
        ...makeObjects(700),
        ...makeObjects(2, 0, "empty"),
        ...makeObjects(3, segmentBytes, "full"),
        ...makeObjects(2, 5000, "large"),
      ])
      const source = batching(held, 7)
      const done = yield* backup(source, held)
      expect(done.backedUp).toMatchObject({ succeeded: 707, failed: 2 })
      expect(done.restored).toMatchObject({ succeeded: 707, failed: 0 })
      expect(done.held).toEqual(held)
      // Nothing that a batch gives is read again.
      expect(source.reads()).toBe(0)
      expect(Math.max(...source.sizes)).toBe(7)
    }),
  )

  it.effect("opens by itself what a batch did not find", () =>
    Effect.gen(function* () {
      const held = makeObjects(300)
      const source = batching(held, 50, (key) => key.endsWith("7") || key.startsWith("object/2"))
      const done = yield* backup(source, held)
      expect(done.backedUp).toMatchObject({ succeeded: 300, failed: 2 })
      expect(done.held).toEqual(held)
      expect(source.reads()).toBe(
        [...held.keys()].filter((key) => key.endsWith("7") || key.startsWith("object/2")).length,
      )
    }),
  )

  it.effect("waits for room within its bound of bytes and comes to its end", () =>
    Effect.gen(function* () {
      // Each batch is larger than a segment, and all of them far larger than what may be held.
      const held = makeObjects(400, 400)
      const source = batching(held, 5, (key) => key.endsWith("3"))
      const storage = MemoryObjectStorage.make()
      const keys = held.keys()
      const bounds = { bytesInFlight: 1, concurrency: 64 }
      const done = yield* report(backupToSet({ source, storage, keys, set: "daily", segmentBytes, ...bounds }))
      expect(done).toMatchObject({ succeeded: 400, failed: 0 })
    }),
  )

  it.effect("reads nothing more once the storage is broken", () =>
    Effect.gen(function* () {
      const held = makeObjects(5000)
      const source = batching(held, 10)
      const storage = fragile(MemoryObjectStorage.make())
      storage.failPutsAfter(0)
      const keys = [...held.keys()]
      expect(keys.every(isObjectKey)).toBe(true)
      const done = yield* report(
        backupToSet({ source, storage, keys: keys.map(asKey), set: "daily", segmentBytes, concurrency: 10 }),
      )
      expect(done).toMatchObject({ succeeded: 0, failed: 5000 })
      expect(source.sizes.length + source.reads()).toBeLessThan(2500)
    }),
  )
})
