import { randomUUID } from "node:crypto"
import { expect, type Vitest } from "@effect/vitest"
import { FrameDB, type ListObjectsQuery } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { patterned } from "./contents.ts"
import type { FrameDBInstances } from "./frameDBSuite.ts"

type Tests = Vitest.MethodsNonLive<FrameDB>

/** Listing: by the beginning of the key, the place and the metadata. */
export const listTests = (it: Tests, instances: FrameDBInstances): void => {
  const keysOf = Effect.fnUntraced(function* (query: ListObjectsQuery) {
    const db = yield* FrameDB
    const listed = yield* Stream.runCollect(db.listObjects(query))
    return listed.map(({ key }) => key).sort()
  })

  it.effect("lists what the query describes, each object once", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const prefix = `list-${randomUUID()}-`
      const [a, b, c] = [`${prefix}a`, `${prefix}b`, `${prefix}c`]
      const [memory, storage] = [instances.memory, instances.storage]
      yield* db.setObject({ key: a, data: patterned(1), framedbId: memory, type: "in-memory", metadata: { team: "x" } })
      yield* db.setObject({
        key: b,
        data: patterned(2),
        framedbId: storage,
        type: "storage",
        metadata: { team: "x", n: 1 },
      })
      yield* db.setObject({ key: c, data: patterned(3), framedbId: storage, type: "storage", metadata: { team: "y" } })
      expect(yield* keysOf({ prefix })).toEqual([a, b, c])
      expect(yield* keysOf({ prefix, type: "storage" })).toEqual([b, c])
      expect(yield* keysOf({ prefix, framedbId: memory })).toEqual([a])
      expect(yield* keysOf({ prefix, metadata: { team: "x" } })).toEqual([a, b])
      expect(yield* keysOf({ prefix, metadata: { team: "x" }, type: "storage" })).toEqual([b])
      expect(yield* keysOf({ prefix: `${prefix}nothing` })).toEqual([])
      yield* db.deleteObject(b)
      expect(yield* keysOf({ prefix })).toEqual([a, c])
      const [first] = yield* Stream.runCollect(db.listObjects({ prefix: a }))
      expect(first).toEqual(yield* db.statObject(a))
    }),
  )
}
