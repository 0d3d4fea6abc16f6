/** Seals are no signatures: whoever writes to the storage can seal any document. Reading one costs no more than what is there. */
import { expect, it } from "@effect/vitest"
import { MemoryObjectStorage, type ObjectStorageService } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import { sha256 } from "../../src/programs/backups/digest.ts"
import { listSets } from "../../src/programs/backups/sets/listSets.ts"
import { restoreFromSet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { encodeIndex, encodeManifest, type SetEntry } from "../../src/programs/backups/sets/SetFormat.ts"
import { indexNameOf, manifestNameOf } from "../../src/programs/backups/sets/setNames.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { asKey, makeSink } from "./fakes.ts"

const place = { prefix: "", set: "daily" }
const largest = Number.MAX_SAFE_INTEGER
const segment = "framedb.backup/sets/daily/000001/segments/000000"

const entryOf = (sizeBytes: number, offset: number): SetEntry => ({
  key: asKey("k"),
  framedbId: "redis-1",
  type: "in-memory",
  metadata: {},
  content: {},
  sizeBytes,
  sha256: sha256("x"),
  segment,
  offset,
})

/** Writes a set by hand, sealed as it should be. */
const forge = Effect.fnUntraced(function* (
  storage: ObjectStorageService,
  entries: ReadonlyArray<SetEntry>,
  claimed: number,
) {
  const segments = [{ name: segment, sizeBytes: largest }]
  const index = encodeIndex({ set: "daily", generation: 1, part: 0, segments, entries })
  const name = indexNameOf(place, 1, 0)
  const indexes = [{ name, sha256: sha256(index), entries: claimed }]
  const manifest = {
    set: "daily",
    generation: 1,
    createdAt: "then",
    objects: claimed,
    bytes: largest,
    indexes,
    segments,
  }
  yield* storage.put(name, index)
  yield* storage.put(manifestNameOf(place), new TextEncoder().encode(encodeManifest(manifest)))
  yield* storage.put(segment, new TextEncoder().encode("x"))
})

describe("a set that was made to do harm", () => {
  for (const [what, entry, claimed] of [
    ["claims a thousand million objects", entryOf(1, 0), 1_000_000_000],
    ["has an object of 2^53 bytes", entryOf(largest, 0), 1],
    ["has an object that begins at 2^53", entryOf(1, largest), 1],
    ["has an object that ends beyond 2^53", entryOf(largest, largest), 1],
    ["has an object of 16 MiB where there is one byte", entryOf(16 * 1024 * 1024, 0), 1],
  ] as const) {
    it.effect(`and ${what} gives its keys or IntegrityErrors`, () =>
      Effect.gen(function* () {
        const storage = MemoryObjectStorage.make()
        yield* forge(storage, [entry], claimed)
        const sink = makeSink()
        const restored = yield* report(restoreFromSet({ sink, storage, set: "daily" }))
        if (entry.sizeBytes === 1 && entry.offset === 0) expect(restored).toMatchObject({ succeeded: 1, failed: 0 })
        else expect(restored.results).toMatchObject([{ status: "failed", error: { _tag: "IntegrityError" } }])
        expect(yield* listSets({ storage })).toMatchObject([{ status: "complete", objects: claimed }])
      }),
    )
  }

  for (const [what, entry] of [
    ["less than no bytes", entryOf(-5, 0)],
    ["a place before the beginning", entryOf(1, -1)],
    ["half a byte", entryOf(0.5, 0)],
    ["more than 2^53 bytes", entryOf(2 ** 54, 0)],
  ] as const) {
    it.effect(`and has an object of ${what} is an IntegrityError`, () =>
      Effect.gen(function* () {
        const storage = MemoryObjectStorage.make()
        yield* forge(storage, [entry], 1)
        const error = yield* Effect.flip(report(restoreFromSet({ sink: makeSink(), storage, set: "daily" })))
        expect(error._tag).toBe("IntegrityError")
      }),
    )
  }

  it.effect("and has a manifest of a terabyte is refused before it is read", () =>
    Effect.gen(function* () {
      const inner = MemoryObjectStorage.make()
      let pieces = 0
      const body = Stream.forever(Stream.sync(() => new Uint8Array(1024 * 1024 + pieces++)))
      const storage: ObjectStorageService = {
        ...inner,
        get: (name) => Effect.succeedSome({ info: { name, sizeBytes: 2 ** 40, attributes: {} }, body }),
      }
      const error = yield* Effect.flip(report(restoreFromSet({ sink: makeSink(), storage, set: "daily" })))
      expect(error).toMatchObject({ _tag: "BackendError", reason: { _tag: "Rejected" } })
      expect([pieces, Option.isNone(yield* inner.get(segment).pipe(Effect.scoped))]).toEqual([0, true])
    }),
  )
})
