/** Sets of objects whose routes tell no size, as other clients register them. */
import { assert, describe, it } from "@effect/vitest"
import { FrameDB, FramedbId, MemoryObjectStorage, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytesOf, connect, keyOf } from "../large/cluster.ts"
import { batchBytes, watched } from "../large/watched.ts"

const place = { framedbId: FramedbId.make("r"), type: "in-memory" } as const

describe("a set", () => {
  it.effect("reads no more than a batch of bytes at a time, whatever routes tell of sizes", () => {
    const { layer, reads } = watched()
    return Effect.gen(function* () {
      const entries = Array.from({ length: 60 }, (_, index) => ({
        key: keyOf(`k${index}`),
        data: bytesOf(index % 10 === 0 ? 0 : 900, index),
      }))
      const keys = entries.map(({ key }) => key)
      const { objects } = yield* connect("r", "in-memory")
      yield* objects.setMany(entries)
      yield* (yield* ObjectRouting).registerMany(
        keys.map((key) => ({ key, ...place, copies: [], sizeBytes: 0, metadata: {} })),
      )
      const [db, storage] = [yield* FrameDB, MemoryObjectStorage.make()]
      reads.length = 0
      const report = yield* db.backupToObjectStorage({ keys: [...keys, "absent"], set: "s", storage })
      assert.deepInclude(report, { succeeded: 60, failed: 1 })
      assert.isAtMost(Math.max(...reads), batchBytes)
      // In batches all the same.
      assert.isAtMost(reads.length, 20)
      yield* objects.deleteMany(keys)
      assert.strictEqual((yield* db.restoreFromBackup({ set: "s", storage })).succeeded, 60)
      assert.deepStrictEqual(
        yield* objects.getMany(keys),
        entries.map(({ data }) => Option.some(data)),
      )
    }).pipe(Effect.provide(layer))
  })
})
