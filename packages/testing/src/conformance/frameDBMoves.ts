import { expect, type Vitest } from "@effect/vitest"
import { FrameDB } from "@framedb/core"
import * as Effect from "effect/Effect"
import { patterned } from "./contents.ts"
import type { FrameDBInstances } from "./frameDBSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<FrameDB>

/** An object set on another instance is there and nowhere else. */
export const moveTests = (it: Tests, instances: FrameDBInstances): void => {
  const places = [
    { framedbId: instances.memory, type: "in-memory" },
    { framedbId: instances.storage, type: "storage" },
    { framedbId: instances.otherMemory, type: "in-memory" },
    { framedbId: instances.memory, type: "in-memory" },
  ] as const

  it.effect("moves an object from instance to instance and kind to kind", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey("wanderer")
      for (const [index, place] of places.entries()) {
        yield* db.setObject({ key, data: patterned(100 + index, index + 1), ...place, metadata: { index } })
        expect(yield* db.getObject(key)).toMatchObject({ ...place, data: patterned(100 + index, index + 1) })
        expect(yield* db.statObject(key)).toMatchObject({ ...place, sizeBytes: 100 + index, metadata: { index } })
      }
      expect(yield* db.deleteObject(key)).toBe(true)
      expect(yield* db.objectExists(key)).toBe(false)
    }),
  )
}
