/** A set within its bound of bytes, where what is held waits for a segment to fill. */
import { expect, it } from "@effect/vitest"
import { MemoryObjectStorage } from "@framedb/core"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import type { BackupSource } from "../../src/programs/backups/BackupSource.ts"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { restoreFromSet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { type Held, makeObjects, makeSink, makeSource } from "./fakes.ts"

const segmentBytes = 1000

/** Backs up and restores, holding as little as a set can: three segments. */
const roundTrip = <E extends { readonly _tag: string }>(source: BackupSource<E>, held: Held) =>
  Effect.gen(function* () {
    const storage = MemoryObjectStorage.make()
    const bounds = { segmentBytes, bytesInFlight: 1 }
    const done = yield* report(backupToSet({ source, storage, keys: held.keys(), set: "daily", ...bounds }))
    const sink = makeSink()
    yield* report(restoreFromSet({ sink, storage, set: "daily" }))
    return { done, restored: sink.held }
  })

describe("a set that may hold three segments comes to its end", () => {
  it.effect("where larger objects come beside small ones that fill no segment", () =>
    Effect.gen(function* () {
      const held = new Map([
        ...makeObjects(2),
        ...makeObjects(3, 5 * segmentBytes, "large"),
        ...makeObjects(2, 100, "last"),
      ])
      const { done, restored } = yield* roundTrip(makeSource(held), held)
      expect(done).toMatchObject({ succeeded: 7, failed: 0 })
      expect(restored).toEqual(held)
    }),
  )

  it.effect("where objects are much smaller than was said of them", () =>
    Effect.gen(function* () {
      const held = makeObjects(20, 10)
      const { open } = makeSource(held)
      const source = {
        open: (key: Parameters<typeof open>[0]) => Effect.map(open(key), (object) => ({ ...object, sizeBytes: 900 })),
      }
      const { done, restored } = yield* roundTrip(source, held)
      expect(done).toMatchObject({ succeeded: 20, failed: 0 })
      expect(restored).toEqual(held)
    }),
  )
})
