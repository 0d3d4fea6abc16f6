import { expect, it } from "@effect/vitest"
import { MemoryObjectStorage, type ObjectStorageService } from "@framedb/core"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { sha256 } from "../../src/programs/backups/digest.ts"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { type DigestThread, makeDigestThread } from "../../src/programs/backups/sets/DigestThread.ts"
import { restoreFromSet } from "../../src/programs/backups/sets/restoreFromSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { makeObjects, makeSink, makeSource } from "./fakes.ts"

const mebibyte = 1024 * 1024

/** Starting a thread takes long where the cores are busy. */
const patience = 60_000

const running = (thread: DigestThread): Effect.Effect<void> =>
  Effect.suspend(() => {
    thread.start()
    return thread.isRunning ? Effect.void : Effect.andThen(Effect.sleep(5), running(thread))
  })

const segmentOf = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, (_, at) => at * 31)

/** Keeps what a storage was told of the digests of segments, with the true ones. */
const telling = (
  inner: ObjectStorageService,
  told: Array<readonly [string | undefined, string]>,
): ObjectStorageService => ({
  ...inner,
  put: (name, body, options) => {
    if (name.includes("/segments/") && body instanceof Uint8Array) told.push([options?.sha256, sha256(body)])
    return inner.put(name, body, options)
  },
})

describe("the thread that digests", () => {
  it.live(
    "gives a segment back with the digest of each object in it and of all",
    () =>
      Effect.gen(function* () {
        const thread = yield* makeDigestThread
        yield* running(thread)
        const segment = segmentOf(1000)
        // The memory is longer, as that of segments is; and an object may be empty.
        const lent = new Uint8Array(new ArrayBuffer(2000), 0, 1000)
        lent.set(segment)
        const ends = Uint32Array.of(10, 10, 700, 1000)
        expect(yield* thread.digest(lent, ends)).toEqual({
          bytes: segment,
          digests: [segment.slice(0, 10), segment.slice(10, 10), segment.slice(10, 700), segment.slice(700)].map(
            sha256,
          ),
          whole: sha256(segment),
        })
      }),
    patience,
  )

  it.live("takes nothing before it runs", () =>
    Effect.gen(function* () {
      const thread = yield* makeDigestThread
      const segment = segmentOf(10)
      expect(yield* thread.digest(segment, Uint32Array.of(10))).toBeUndefined()
      expect(segment).toEqual(segmentOf(10))
    }),
  )

  it.live(
    "lets nobody wait for it when it ends, and takes nothing and does not start again after that",
    () =>
      Effect.gen(function* () {
        const thread = yield* makeDigestThread
        yield* running(thread)
        const lent = Array.from({ length: 20 }, () => thread.digest(segmentOf(mebibyte), Uint32Array.of(mebibyte)))
        const [digested] = yield* Effect.all([Effect.all(lent, { concurrency: 20 }), thread.close], { concurrency: 2 })
        expect(digested).toContain(undefined)
        thread.start()
        expect(thread.isRunning).toBe(false)
        expect(yield* thread.digest(segmentOf(10), Uint32Array.of(10))).toBeUndefined()
      }),
    patience,
  )
})

describe("a set that another thread digests", () => {
  const held = makeObjects(400, 10_000)

  const backup = (storage: ObjectStorageService, thread: DigestThread) =>
    report(
      backupToSet({
        source: makeSource(held),
        storage,
        keys: held.keys(),
        set: "daily",
        segmentBytes: mebibyte,
        thread,
      }),
    )

  const expectWhole = Effect.fnUntraced(function* (storage: ObjectStorageService) {
    const sink = makeSink()
    expect(yield* report(restoreFromSet({ sink, storage, set: "daily" }))).toMatchObject({ failed: 0 })
    expect(sink.held).toEqual(held)
  })

  it.live(
    "is the same, and its storage is told the digests of segments, which are right",
    () =>
      Effect.gen(function* () {
        const told: Array<readonly [string | undefined, string]> = []
        const storage = telling(MemoryObjectStorage.make(), told)
        const thread = yield* makeDigestThread
        yield* running(thread)
        expect(yield* backup(storage, thread)).toMatchObject({ succeeded: 400, failed: 0 })
        yield* expectWhole(storage)
        const aside = told.filter(([digest]) => digest !== undefined)
        expect(aside.length).toBeGreaterThan(2)
        for (const [digest, right] of aside) expect(digest).toBe(right)
        // What has not changed is found again.
        expect(yield* backup(storage, thread)).toMatchObject({ skipped: 400 })
      }),
    patience,
  )

  it.live(
    "is finished here where the thread ends in the middle",
    () =>
      Effect.gen(function* () {
        const inner = MemoryObjectStorage.make()
        const thread = yield* makeDigestThread
        yield* running(thread)
        const storage: ObjectStorageService = {
          ...inner,
          put: (name, body, options) => Effect.andThen(thread.close, inner.put(name, body, options)),
        }
        expect(yield* backup(storage, thread)).toMatchObject({ succeeded: 400, failed: 0 })
        yield* expectWhole(inner)
      }),
    patience,
  )
})
