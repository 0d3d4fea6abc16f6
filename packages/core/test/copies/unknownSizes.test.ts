/** Copies of many objects whose routes tell no size, as other clients register them, or another one than there is. */
import { assert, describe, it } from "@effect/vitest"
import { FrameDB, FramedbId, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytesOf, connect, keyOf } from "../large/cluster.ts"
import { batchBytes, watched } from "../large/watched.ts"

const r = { framedbId: FramedbId.make("r"), type: "in-memory" } as const

/** Sets 120 objects as another client does, registers them with the size that it tells, and copies them. */
const copyAll = Effect.fnUntraced(function* (told: number) {
  const entries = Array.from({ length: 120 }, (_, index) => ({ key: keyOf(`k${index}`), data: bytesOf(900, index) }))
  const primary = yield* connect("r", "in-memory")
  for (let start = 0; start < entries.length; start += 60) {
    yield* primary.objects.setMany(entries.slice(start, start + 60))
  }
  const routes = entries.map(({ key }) => ({ key, ...r, copies: [], sizeBytes: told, metadata: {} }))
  yield* (yield* ObjectRouting).registerMany(routes)
  const keys = entries.map(({ key }) => key)
  const report = yield* (yield* FrameDB).createBulkBackup([...keys, "absent"], "s", { targetType: "storage" })
  assert.deepStrictEqual([report.succeeded, report.failed], [120, 1])
  const copies = yield* connect("s", "storage")
  for (const { key, data } of entries) {
    assert.deepStrictEqual(yield* copies.objects.getMany([key]), [Option.some(data)])
  }
})

describe("createBulkBackup", () => {
  it.effect("asks for the sizes that routes don't tell, and reads no more than a batch of bytes at a time", () => {
    const { layer, reads, inserts } = watched()
    return Effect.gen(function* () {
      yield* copyAll(0)
      assert.isAtMost(Math.max(...reads), batchBytes)
      assert.isAtMost(Math.max(...inserts), batchBytes)
      // In batches all the same: none was left to be copied alone.
      assert.isAtMost(inserts.length, 40)
    }).pipe(Effect.provide(layer))
  })

  it.effect("writes no more than a batch of bytes at a time where objects are larger than their routes tell", () => {
    const { layer, inserts } = watched()
    return Effect.gen(function* () {
      yield* copyAll(10)
      assert.isAtMost(Math.max(...inserts), batchBytes)
    }).pipe(Effect.provide(layer))
  })
})
