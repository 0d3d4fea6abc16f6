/** What every `ChunkStore` promises beside the `ObjectStore` of the same instance, run alike in memory and on real servers. */
import { expect, layer, type Vitest } from "@effect/vitest"
import { type ChunkRange, encodeManifest, makeChunkVersion, type ObjectConnection, type ObjectKey } from "@framedb/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { awkwardKeys } from "./awkwardKeys.ts"
import { patterned } from "./contents.ts"
import { uniqueKey } from "./uniqueKey.ts"

/**
 * The connection that `chunkStoreSuite` is run on. Its leases and graces have to be as short as
 * `chunkTimesUnderTest`, so that the suite sees them end.
 */
export class ChunksUnderTest extends Context.Service<ChunksUnderTest, Pick<ObjectConnection, "objects" | "chunks">>()(
  "@framedb/testing/ChunksUnderTest",
) {}

/** Long enough for a test's own steps on a busy machine, short enough to wait for. In milliseconds. */
export const chunkTimesUnderTest = { leaseMillis: 1500, graceMillis: 700 }

/** What the suite is run on. */
export interface ChunkStoreSuiteOptions<E> {
  /** One connection, which the tests share and in which each makes keys of its own. */
  readonly layer: Layer.Layer<ChunksUnderTest, E>
}

type Tests = Vitest.MethodsNonLive<ChunksUnderTest>

const chunkOf = (seed: number) => patterned(3000, seed)

/** Puts a version of some chunks, without committing it. */
const putVersion = Effect.fnUntraced(function* (key: ObjectKey, chunks: number, seed: number) {
  const store = (yield* ChunksUnderTest).chunks
  const range: ChunkRange = { key, version: makeChunkVersion(), chunks }
  yield* store.begin(range)
  const indices = Array.from({ length: chunks }, (_, index) => index)
  const put = (index: number) => store.put({ ...range, index, data: chunkOf(seed + index) })
  yield* Effect.forEach(indices, put, { concurrency: store.limits.chunksInFlight })
  return range
})

const manifestOf = ({ key, version, chunks }: ChunkRange): string =>
  encodeManifest(key, {
    version,
    sizeBytes: chunks * 3000,
    chunkBytes: 3000,
    sha256: "0".repeat(64),
    checksums: Array.from({ length: chunks }, (_, index) => index),
  })

/** Writes a version and makes it the object. */
const write = Effect.fnUntraced(function* (key: ObjectKey, chunks: number, seed: number) {
  const range = yield* putVersion(key, chunks, seed)
  expect(yield* (yield* ChunksUnderTest).chunks.commit({ ...range, manifest: manifestOf(range) })).toBe("committed")
  return range
})

const readChunks = Effect.fnUntraced(function* (range: ChunkRange) {
  const { chunks } = yield* ChunksUnderTest
  const indices = Array.from({ length: range.chunks }, (_, index) => index)
  return yield* Effect.forEach(indices, (index) => chunks.get({ ...range, index }))
})

const all = (range: ChunkRange, seed: number) =>
  Array.from({ length: range.chunks }, (_, index) => Option.some(chunkOf(seed + index)))

const none = (range: ChunkRange) => Array.from({ length: range.chunks }, () => Option.none())

const chunked = (range: ChunkRange) => Option.some({ _tag: "Chunked", manifest: manifestOf(range) })

/** Runs steps until nothing is left to do. */
const collectAll = Effect.gen(function* () {
  const { chunks } = yield* ChunksUnderTest
  for (let step = 0; step < 1000; step++) {
    if (!(yield* chunks.collect).hasMore) return
  }
  throw new Error("collecting garbage does not end")
})

const pass = (millis: number) => Effect.sleep(millis + 200)

const stateTests = (it: Tests): void => {
  it.effect("gives a committed version, whole, and its size", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const key = uniqueKey("chunked")
      expect(yield* chunks.find(key)).toEqual(Option.none())
      const range = yield* write(key, 5, 10)
      expect(yield* chunks.find(key)).toEqual(chunked(range))
      // What a reader does to its bytes is seen by nobody else.
      for (const chunk of yield* readChunks(range)) Option.getOrThrow(chunk).fill(0)
      expect(yield* readChunks(range)).toEqual(all(range, 10))
      expect(yield* objects.getMany([key])).toEqual([Option.none()])
      expect(yield* objects.sizeMany([key, uniqueKey()])).toEqual([Option.some(15_000), Option.none()])
      expect(yield* objects.replaceMany([{ key, data: chunkOf(1) }])).toEqual([false])
    }),
  )

  it.effect("shows nothing of a version before it is committed", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const key = uniqueKey("uncommitted")
      yield* objects.setMany([{ key, data: chunkOf(1) }])
      const range = yield* putVersion(key, 2, 1)
      expect(yield* chunks.find(key)).toEqual(Option.some({ _tag: "Plain", sizeBytes: 3000 }))
      yield* chunks.discard(range)
      expect(yield* readChunks(range)).toEqual(none(range))
    }),
  )

  it.effect("takes the place of plain bytes, and gives way to plain bytes at once", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const key = uniqueKey("both-ways")
      yield* objects.setMany([{ key, data: chunkOf(1) }])
      const range = yield* write(key, 2, 1)
      expect(yield* objects.getMany([key])).toEqual([Option.none()])
      yield* objects.setMany([{ key, data: chunkOf(2) }])
      expect(yield* chunks.find(key)).toEqual(Option.some({ _tag: "Plain", sizeBytes: 3000 }))
      expect(yield* objects.getMany([key])).toEqual([Option.some(chunkOf(2))])
      expect(yield* objects.sizeMany([key])).toEqual([Option.some(3000)])
      const again = yield* write(key, 3, 7)
      expect(yield* chunks.find(key)).toEqual(chunked(again))
      expect(yield* readChunks(range)).toEqual(all(range, 1))
    }),
  )

  it.effect("is inserted only where nothing is, and keeps inserted bytes away", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const key = uniqueKey("insert")
      const insert = (range: ChunkRange) => chunks.commit({ ...range, manifest: manifestOf(range), isInsert: true })
      yield* objects.setMany([{ key, data: chunkOf(1) }])
      const [first, second] = [yield* putVersion(key, 2, 1), yield* putVersion(key, 1, 9)]
      expect(yield* insert(first)).toBe("occupied")
      expect(yield* objects.getMany([key])).toEqual([Option.some(chunkOf(1))])
      yield* objects.deleteMany([key])
      expect(yield* insert(first)).toBe("committed")
      expect(yield* insert(first)).toBe("committed")
      expect(yield* insert(second)).toBe("occupied")
      expect(yield* objects.insertMany([{ key, data: chunkOf(2) }])).toEqual([false])
      expect(yield* chunks.find(key)).toEqual(chunked(first))
      expect(yield* readChunks(first)).toEqual(all(first, 1))
      expect(yield* insert(yield* putVersion(uniqueKey("insert-new"), 1, 1))).toBe("committed")
    }),
  )

  it.effect("is put back after it was removed, while its readers may be under way", () =>
    Effect.gen(function* () {
      const { chunks } = yield* ChunksUnderTest
      const putBack = Effect.gen(function* () {
        const range = yield* write(uniqueKey("back"), 2, 4)
        expect(yield* chunks.remove(range.key, { _tag: "Only", version: range.version })).toBe(true)
        const outcome = yield* chunks.commit({ ...range, manifest: manifestOf(range), isInsert: true })
        return { range, outcome }
      })
      // On a busy machine the grace may end between the two.
      const { range } = yield* Effect.repeat(putBack, { until: ({ outcome }) => outcome === "committed", times: 20 })
      yield* pass(chunkTimesUnderTest.graceMillis)
      yield* collectAll
      expect(yield* chunks.find(range.key)).toEqual(chunked(range))
      expect(yield* readChunks(range)).toEqual(all(range, 4))
    }),
  )

  it.effect("is committed once, however often the commit is sent", () =>
    Effect.gen(function* () {
      const { chunks } = yield* ChunksUnderTest
      const range = yield* write(uniqueKey("again"), 2, 3)
      expect(yield* chunks.commit({ ...range, manifest: manifestOf(range) })).toBe("committed")
      expect(yield* chunks.find(range.key)).toEqual(chunked(range))
      yield* pass(chunkTimesUnderTest.graceMillis)
      yield* collectAll
      expect(yield* readChunks(range)).toEqual(all(range, 3))
    }),
  )

  it.effect("keeps keys apart that differ in anything, braces and all", () =>
    Effect.gen(function* () {
      const { chunks } = yield* ChunksUnderTest
      for (const { keys } of awkwardKeys()) {
        const ranges = yield* Effect.forEach(keys, (key, index) => write(key, 1, index + 1), { concurrency: 8 })
        const found = yield* Effect.forEach(keys, (key) => chunks.find(key), { concurrency: 8 })
        expect(found).toEqual(ranges.map(chunked))
      }
    }),
  )
}

const removalTests = (it: Tests): void => {
  it.effect("is removed as any object is, together with plain ones", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const [large, small, absent] = [uniqueKey("large"), uniqueKey("small"), uniqueKey("absent")]
      yield* write(large, 2, 1)
      yield* objects.setMany([{ key: small, data: chunkOf(1) }])
      expect(yield* objects.deleteMany([large, small, absent, large])).toEqual([true, true, false, true])
      expect(yield* objects.deleteMany([large, small])).toEqual([false, false])
      expect(yield* chunks.find(large)).toEqual(Option.none())
      expect(yield* objects.sizeMany([large, small])).toEqual([Option.none(), Option.none()])
    }),
  )

  it.effect("is removed only where the condition holds", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const range = yield* write(uniqueKey("conditions"), 1, 1)
      const { key, version } = range
      const other = makeChunkVersion()
      expect(yield* chunks.remove(key, { _tag: "Only", version: other })).toBe(false)
      expect(yield* chunks.remove(key, { _tag: "Unless", version })).toBe(false)
      expect(yield* chunks.remove(key, { _tag: "Shadowed" })).toBe(false)
      expect(yield* chunks.find(key)).toEqual(chunked(range))
      expect(yield* chunks.remove(key, { _tag: "Only", version })).toBe(true)
      expect(yield* chunks.find(key)).toEqual(Option.none())
      yield* write(key, 1, 2)
      expect(yield* chunks.remove(key, { _tag: "Unless", version })).toBe(true)
      const shadowed = yield* write(key, 1, 3)
      yield* objects.setMany([{ key, data: chunkOf(9) }])
      expect(yield* chunks.remove(key, { _tag: "Only", version: shadowed.version })).toBe(false)
      expect(yield* chunks.remove(key, { _tag: "Shadowed" })).toBe(true)
      expect(yield* objects.getMany([key])).toEqual([Option.some(chunkOf(9))])
      expect(yield* chunks.remove(key, { _tag: "Unless", version: other })).toBe(true)
      expect(yield* objects.getMany([key])).toEqual([Option.none()])
      expect(yield* chunks.remove(key, { _tag: "Any" })).toBe(false)
    }),
  )
}

const garbageTests = (it: Tests): void => {
  it.effect("keeps a replaced version for its readers, then removes it", () =>
    Effect.gen(function* () {
      const key = uniqueKey("replaced")
      const old = yield* write(key, 3, 1)
      const current = yield* write(key, 2, 20)
      yield* collectAll
      expect(yield* readChunks(old)).toEqual(all(old, 1))
      yield* pass(chunkTimesUnderTest.graceMillis)
      yield* collectAll
      expect(yield* readChunks(old)).toEqual(none(old))
      expect(yield* readChunks(current)).toEqual(all(current, 20))
    }),
  )

  it.effect("removes what was removed, and what plain bytes have made void", () =>
    Effect.gen(function* () {
      const { chunks, objects } = yield* ChunksUnderTest
      const removed = yield* write(uniqueKey("removed"), 2, 1)
      const shadowed = yield* write(uniqueKey("shadowed"), 2, 1)
      yield* objects.deleteMany([removed.key])
      yield* objects.setMany([{ key: shadowed.key, data: chunkOf(1) }])
      yield* collectAll
      yield* pass(chunkTimesUnderTest.graceMillis)
      yield* collectAll
      for (const range of [removed, shadowed]) expect(yield* readChunks(range)).toEqual(none(range))
      expect(yield* objects.getMany([shadowed.key])).toEqual([Option.some(chunkOf(1))])
      expect(yield* chunks.remove(shadowed.key, { _tag: "Shadowed" })).toBe(false)
    }),
  )

  it.effect("removes what a writer left that has died, and refuses to commit it afterwards", () =>
    Effect.gen(function* () {
      const { chunks } = yield* ChunksUnderTest
      const range = yield* putVersion(uniqueKey("dead"), 3, 1)
      yield* collectAll
      expect(yield* readChunks(range)).toEqual(all(range, 1))
      yield* pass(chunkTimesUnderTest.leaseMillis)
      yield* collectAll
      expect(yield* readChunks(range)).toEqual(none(range))
      expect(yield* chunks.commit({ ...range, manifest: manifestOf(range) })).toBe("expired")
      expect(yield* chunks.find(range.key)).toEqual(Option.none())
    }),
  )

  it.effect("leaves a slow writer alone that says it lives", () =>
    Effect.gen(function* () {
      const { chunks } = yield* ChunksUnderTest
      const range = yield* putVersion(uniqueKey("slow"), 2, 1)
      for (let turn = 0; turn < 4; turn++) {
        yield* Effect.sleep(chunkTimesUnderTest.leaseMillis / 2)
        expect(yield* chunks.extend({ ...range, chunks: 64 })).toBe(true)
        yield* collectAll
      }
      expect(yield* chunks.commit({ ...range, manifest: manifestOf(range) })).toBe("committed")
      expect(yield* readChunks(range)).toEqual(all(range, 1))
    }),
  )
}

/** Registers the tests of the `ChunkStore` contract. They run with the real clock, and wait for leases to end. */
export const chunkStoreSuite = <E>(name: string, options: ChunkStoreSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    stateTests(it)
    removalTests(it)
    garbageTests(it)
  })
}
