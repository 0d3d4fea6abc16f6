import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { FolderObjectStorage, MemoryObjectStorage, type ObjectStorageService } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { describe } from "vitest"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { listSets } from "../../src/programs/backups/sets/listSets.ts"
import { pruneSets } from "../../src/programs/backups/sets/pruneSets.ts"
import { restoreFromSet, verifySet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { type Held, makeObjects, makeSink, makeSource } from "./fakes.ts"

const backup = (storage: ObjectStorageService, held: Held, set = "daily") =>
  report(backupToSet({ source: makeSource(held), storage, keys: held.keys(), set, segmentBytes: 1000, concurrency: 4 }))

const verify = (storage: ObjectStorageService) => report(verifySet({ storage, set: "daily" }))

const restore = Effect.fnUntraced(function* (storage: ObjectStorageService) {
  const sink = makeSink()
  const restored = yield* report(restoreFromSet({ sink, storage, set: "daily" }))
  return { ...restored, held: sink.held }
})

const otherVersion = (held: Held): Held =>
  new Map(
    Array.from(held, ([key, object]) => [key, { ...object, bytes: object.bytes.map((byte) => byte ^ 255) }] as const),
  )

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "framedb-races-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const storages: ReadonlyArray<readonly [string, Effect.Effect<ObjectStorageService, never, Scope.Scope>]> = [
  ["memory", Effect.sync(() => MemoryObjectStorage.make())],
  ["a folder", Effect.flatMap(folder, (path) => Effect.orDie(FolderObjectStorage.make({ path, durable: false })))],
]

describe("two runs that make one set at once", () => {
  for (const [where, open] of storages) {
    it.live(`leave it whole, as one of them saw it, in ${where}`, () =>
      Effect.gen(function* () {
        const storage = yield* open
        const first = new Map([...makeObjects(60), ...makeObjects(3, 5000, "large")])
        const second = otherVersion(first)
        // Nothing is there yet, and then each has what the other made before it.
        for (let round = 0; round < 3; round++) {
          const runs = [Effect.result(backup(storage, first)), Effect.result(backup(storage, second))]
          const both = yield* Effect.all(runs, { concurrency: 2 })
          // One that finds at its end that the other has gone on fails as a whole.
          const failures = both.map((ended) =>
            Result.isFailure(ended)
              ? [ended.failure]
              : ended.success.results.flatMap((result) => (result.status === "failed" ? [result.error] : [])),
          )
          expect(failures.filter(({ length }) => length > 0).length).toBeLessThanOrEqual(1)
          for (const error of failures.flat()) expect(error).toMatchObject({ reason: { _tag: "Rejected" } })
          expect(yield* verify(storage)).toMatchObject({ succeeded: 63, failed: 0 })
          const { held } = yield* restore(storage)
          for (const [key, object] of held) expect([first.get(key), second.get(key)]).toContainEqual(object)
        }
        // Whoever comes after them finds nothing in its way.
        expect(yield* backup(storage, first)).toMatchObject({ failed: 0 })
        expect((yield* restore(storage)).held).toEqual(first)
      }).pipe(Effect.scoped),
    )
  }
})

describe("a run that is held up before it completes its set", () => {
  /** Does something else after the first index of a run is stored, before the run goes on. */
  const heldUp = (inner: ObjectStorageService, meanwhile: Effect.Effect<unknown, unknown>): ObjectStorageService => {
    let isFirst = true
    return {
      ...inner,
      put: (name, body, options) => {
        if (!isFirst || !name.endsWith("/index/000000.jsonl")) return inner.put(name, body, options)
        isFirst = false
        return Effect.tap(inner.put(name, body, options), () => Effect.orDie(meanwhile))
      },
    }
  }

  for (const [what, runs] of [
    ["has gone on with it", 1],
    ["have completed it and the next", 2],
  ] as const) {
    it.effect(`leaves it to others that ${what}`, () =>
      Effect.gen(function* () {
        const storage = MemoryObjectStorage.make()
        const held = makeObjects(5)
        const changed = otherVersion(held)
        const meanwhile = Effect.repeat(
          Effect.suspend(() => backup(storage, changed)),
          { times: runs - 1 },
        )
        const ended = yield* Effect.flip(backup(heldUp(storage, meanwhile), held))
        expect(ended).toMatchObject({ _tag: "BackendError", reason: { _tag: "Rejected" } })
        expect((yield* restore(storage)).held).toEqual(changed)
        expect(yield* listSets({ storage })).toMatchObject([{ generation: runs }])
      }),
    )
  }
})

describe("pruning beside a backup", () => {
  it.effect("removes nothing of runs that begin and end while it looks at what is needed", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      const held = makeObjects(50)
      yield* backup(storage, held)
      yield* backup(storage, otherVersion(held))
      let runs = 0
      // Two more runs are completed after the listing has begun, each with everything new.
      const busy: ObjectStorageService = {
        ...storage,
        get: (name, range) =>
          name.endsWith("manifest.json") && runs++ < 1
            ? Effect.andThen(
                Effect.orDie(Effect.andThen(backup(storage, held), backup(storage, otherVersion(held)))),
                storage.get(name, range),
              )
            : storage.get(name, range),
      }
      yield* pruneSets({ storage: busy, keep: ["daily"] })
      expect(yield* verify(storage)).toMatchObject({ succeeded: 50, failed: 0 })
    }),
  )
})

describe("a set", () => {
  it.effect("follows the one before it although the clock has gone back in between", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      const held = makeObjects(30)
      yield* TestClock.setTime(2_000_000_000_000)
      yield* backup(storage, held)
      yield* TestClock.setTime(1_000_000_000_000)
      const changed = otherVersion(held)
      yield* backup(storage, changed)
      expect(yield* listSets({ storage })).toMatchObject([{ generation: 2, createdAt: "2001-09-09T01:46:40.000Z" }])
      expect((yield* restore(storage)).held).toEqual(changed)
    }),
  )

  it.effect("cuts its indexes where much metadata would make them too long to be read", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make()
      const metadata = { text: "m".repeat(60_000) }
      const held: Held = new Map(Array.from(makeObjects(400, 1), ([key, object]) => [key, { ...object, metadata }]))
      const source = makeSource(held)
      expect(yield* report(backupToSet({ source, storage, keys: held.keys(), set: "daily" }))).toMatchObject({
        failed: 0,
      })
      const listed = yield* Stream.runCollect(storage.list(""))
      const indexes = listed.filter(({ name }) => name.includes("/index/"))
      expect(indexes.length).toBe(3)
      for (const { sizeBytes } of indexes) expect(sizeBytes).toBeLessThan(10 * 1024 * 1024)
      expect((yield* restore(storage)).held).toEqual(held)
    }),
  )
})
