import { assert, describe, it } from "@effect/vitest"
import { decodeManifest, encodeManifest, FrameDB, InvalidArgument, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { bytesOf, chunkBytes, cluster, connect, inlineBytes, keyOf, piecesOf } from "./cluster.ts"

const places = [
  { framedbId: "r", type: "in-memory" },
  { framedbId: "s", type: "storage" },
] as const

const read = (key: string, range?: { offset?: number; length?: number }) =>
  Effect.gen(function* () {
    const db = yield* FrameDB
    const opened = yield* db.readObject(key, range === undefined ? {} : { range })
    return new Uint8Array(yield* Stream.mkUint8Array(opened.stream))
  })

const sizes = [0, 1, 77, chunkBytes, inlineBytes, inlineBytes + 1, 4 * chunkBytes, 4 * chunkBytes + 1, 12_345]

/** What an instance holds of a large object. */
const stored = Effect.fnUntraced(function* (id: string, type: "in-memory" | "storage", key: string) {
  const { chunks } = yield* connect(id, type)
  const form = Option.getOrThrow(yield* chunks.find(keyOf(key)))
  if (form._tag !== "Chunked") return yield* Effect.die("plain")
  return { chunks, manifest: Result.getOrThrow(decodeManifest(keyOf(key), form.manifest)) }
})

for (const place of places) {
  describe(`objects of any size in ${place.type}`, () => {
    for (const size of sizes) {
      it.effect(`writes and reads ${size} bytes, as a stream and whole`, () =>
        Effect.gen(function* () {
          const db = yield* FrameDB
          const data = bytesOf(size)
          const metadata = { size }
          const info = yield* db.writeObject("k", piecesOf(data), { ...place, metadata, contentType: "a/b" })
          assert.deepStrictEqual([info.sizeBytes, info.metadata], [size, metadata])
          assert.deepStrictEqual(yield* read("k"), data)
          const object = yield* db.getObject("k")
          assert.deepStrictEqual([object.data, object.metadata], [data, metadata])
          assert.strictEqual(object.content.contentType, "a/b")
          assert.strictEqual((yield* db.statObject("k")).sizeBytes, size)
          assert.isTrue(yield* db.objectExists("k"))
          yield* db.setObject({ key: "k2", data, ...place })
          assert.deepStrictEqual(yield* read("k2"), data)
          assert.isTrue(yield* db.deleteObject("k"))
          assert.isFalse(yield* db.objectExists("k"))
          assert.strictEqual((yield* Effect.flip(db.getObject("k")))._tag, "ObjectNotFound")
        }).pipe(Effect.provide(cluster())),
      )
    }

    it.effect("reads any range", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        for (const size of [500, 5000]) {
          const data = bytesOf(size)
          yield* db.writeObject("k", Stream.succeed(data), place)
          for (const [offset, length] of [
            [0, 1],
            [0, size],
            [1, size],
            [299, 2],
            [300, 300],
            [size - 1, 9],
            [size, 1],
            [9e9, 9],
          ] as const) {
            assert.deepStrictEqual(yield* read("k", { offset, length }), data.slice(offset, offset + length))
          }
          assert.deepStrictEqual(yield* read("k", { offset: 123 }), data.slice(123))
        }
        const refused = yield* Effect.flip(db.readObject("k", { range: { offset: -1 } }))
        assert.instanceOf(refused, InvalidArgument)
      }).pipe(Effect.provide(cluster())),
    )

    it.effect("goes from plain to chunks and back, and moves, without leaving anything behind", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const other = places[place === places[0] ? 1 : 0] ?? place
        const [here, there] = [yield* connect(place.framedbId, place.type), yield* connect(other.framedbId, other.type)]
        for (const [size, target] of [
          [10, place],
          [5000, place],
          [20, place],
          [6000, other],
          [7000, place],
          [30, other],
        ] as const) {
          yield* db.setObject({ key: "k", data: bytesOf(size), ...target })
          assert.deepStrictEqual((yield* db.getObject("k")).data, bytesOf(size))
          const sizesNow = [yield* here.objects.sizeMany([keyOf("k")]), yield* there.objects.sizeMany([keyOf("k")])]
          assert.deepStrictEqual(
            sizesNow
              .flat()
              .filter(Option.isSome)
              .map(({ value }) => value),
            [size],
          )
        }
      }).pipe(Effect.provide(cluster())),
    )

    it.effect("shows another client's overwrite with plain bytes at once", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        yield* db.setObject({ key: "k", data: bytesOf(5000), ...place })
        const { objects } = yield* connect(place.framedbId, place.type)
        yield* objects.setMany([{ key: keyOf("k"), data: bytesOf(3, 9) }])
        assert.deepStrictEqual(yield* read("k"), bytesOf(3, 9))
        assert.deepStrictEqual((yield* db.getObject("k")).data, bytesOf(3, 9))
      }).pipe(Effect.provide(cluster())),
    )

    it.effect("finds a flipped byte in a chunk and in a manifest, and overwrites nothing because of it", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const data = bytesOf(5000)
        yield* db.setObject({ key: "k", data, ...place })
        const { chunks, manifest } = yield* stored(place.framedbId, place.type, "k")
        const { version } = manifest
        const chunk = Option.getOrThrow(yield* chunks.get({ key: keyOf("k"), version, index: 3 }))
        chunk[7] = (chunk[7] ?? 0) ^ 1
        yield* chunks.put({ key: keyOf("k"), version, index: 3, data: chunk })
        const whole = Effect.map(db.getObject("k"), (object) => object.data)
        for (const failing of [whole, read("k"), read("k", { offset: 1000, length: 10 })]) {
          assert.strictEqual((yield* Effect.flip(failing))._tag, "IntegrityError")
        }
        assert.deepStrictEqual(yield* read("k", { offset: 0, length: 900 }), data.slice(0, 900))
        yield* db.setObject({ key: "k2", data, ...place })
        const second = yield* stored(place.framedbId, place.type, "k2")
        const text = encodeManifest(keyOf("k2"), second.manifest)
        const tampered = text.replace('"sizeBytes":5', '"sizeBytes":4')
        yield* chunks.begin({ key: keyOf("k2"), version: second.manifest.version, chunks: 17 })
        yield* chunks.commit({ key: keyOf("k2"), version: second.manifest.version, chunks: 17, manifest: tampered })
        assert.strictEqual((yield* Effect.flip(db.getObject("k2")))._tag, "IntegrityError")
        yield* db.setObject({ key: "k2", data: bytesOf(5), ...place })
        assert.deepStrictEqual((yield* db.getObject("k2")).data, bytesOf(5))
      }).pipe(Effect.provide(cluster())),
    )

    it.effect("finds chunks of another length than a made-up manifest says, though their checksums fit", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        yield* db.setObject({ key: "k", data: bytesOf(4 * chunkBytes), ...place })
        const { chunks, manifest } = yield* stored(place.framedbId, place.type, "k")
        const { version } = manifest
        for (const [sizeBytes, chunkSize] of [
          [4, 1],
          [8 * chunkBytes, 2 * chunkBytes],
          [4 * chunkBytes - 1, chunkBytes],
        ] as const) {
          const madeUp = encodeManifest(keyOf("k"), { ...manifest, sizeBytes, chunkBytes: chunkSize })
          yield* chunks.remove(keyOf("k"), { _tag: "Any" })
          yield* chunks.begin({ key: keyOf("k"), version, chunks: 4 })
          const commit = chunks.commit({ key: keyOf("k"), version, chunks: 4, manifest: madeUp })
          assert.strictEqual(yield* commit, "committed")
          const whole = Effect.map(db.getObject("k"), (object) => object.data)
          for (const failing of [whole, read("k"), read("k", { offset: sizeBytes - 3 })]) {
            assert.strictEqual((yield* Effect.flip(failing))._tag, "IntegrityError")
          }
        }
      }).pipe(Effect.provide(cluster())),
    )

    it.effect("gives one whole version or an error to a reader that is overtaken by a hundred overwrites", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const version = (seed: number) => new Uint8Array(seed % 3 === 0 ? 700 : 3000 + seed).fill(seed)
        yield* db.setObject({ key: "k", data: version(0), ...place })
        const writer = Effect.gen(function* () {
          for (let seed = 1; seed <= 100; seed++) yield* db.writeObject("k", piecesOf(version(seed), 500), place)
        })
        const reader = Effect.gen(function* () {
          let whole = 0
          for (let turn = 0; turn < 200; turn++) {
            const exit = yield* Effect.result(read("k"))
            if (Result.isFailure(exit)) {
              assert.strictEqual(exit.failure._tag, "BackendError")
              continue
            }
            whole++
            assert.deepStrictEqual(exit.success, version(exit.success[0] ?? -1))
          }
          return whole
        })
        const [, whole] = yield* Effect.all([writer, reader], { concurrency: 2 })
        assert.isAbove(whole, 100)
      }).pipe(Effect.provide(cluster({ graceMillis: 0 }))),
    )

    it.effect("leaves what was there when the stream fails, or the writer is interrupted", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        yield* db.setObject({ key: "k", data: bytesOf(10), ...place })
        const breaking = Stream.concat(piecesOf(bytesOf(3000)), Stream.fail("cut" as const))
        assert.strictEqual(yield* Effect.flip(db.writeObject("k", breaking, place)), "cut")
        const endless = Stream.concat(piecesOf(bytesOf(3000)), Stream.never)
        const fiber = yield* Effect.forkChild(db.writeObject("k", endless, place))
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual((yield* db.getObject("k")).data, bytesOf(10))
        yield* TestClock.adjust("1 day")
        const collected = yield* db.collectGarbage(place)
        assert.deepStrictEqual(collected, { versions: 0, isDone: true })
      }).pipe(Effect.provide(cluster())),
    )

    it.effect("gives the bytes that are there where another writer has registered another size", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const routing = yield* ObjectRouting
        for (const data of [bytesOf(0), bytesOf(10), bytesOf(3000)]) {
          yield* db.setObject({ key: "k", data, ...place })
          for (const sizeBytes of [0, 10, 3000, 25_000]) {
            const [route] = yield* routing.findMany([keyOf("k")])
            yield* routing.registerMany([{ ...Option.getOrThrow(route ?? Option.none()), sizeBytes }])
            const object = yield* db.getObject("k")
            assert.deepStrictEqual(object.data, data)
            assert.strictEqual(object.sizeBytes, data.byteLength)
            assert.strictEqual((yield* db.readObject("k")).info.sizeBytes, data.byteLength)
            assert.deepStrictEqual(yield* read("k"), data)
          }
        }
      }).pipe(Effect.provide(cluster({}, {}, { routeCacheMillis: 0 }))),
    )

    it.effect("refuses what is larger than the store holds, or than may be loaded whole", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const huge = Stream.range(1, 101).pipe(Stream.map(() => bytesOf(chunkBytes)))
        const tooMany = yield* Effect.flip(db.writeObject("k", huge, place))
        assert.strictEqual(tooMany._tag, "ObjectTooLarge")
        yield* db.writeObject("k", Stream.succeed(bytesOf(25_000)), place)
        const tooLarge = yield* Effect.flip(db.getObject("k"))
        assert.strictEqual(tooLarge._tag, "ObjectTooLarge")
        const unset = yield* Effect.flip(db.setObject({ key: "k", data: bytesOf(25_000), ...place }))
        assert.strictEqual(unset._tag, "ObjectTooLarge")
        assert.deepStrictEqual(yield* read("k"), bytesOf(25_000))
      }).pipe(Effect.provide(cluster())),
    )
  })
}

it.effect("keeps a writer's lease for as long as its stream takes", () =>
  Effect.gen(function* () {
    const db = yield* FrameDB
    const slow = Stream.mapEffect(piecesOf(bytesOf(3000), 300), (piece) => Effect.as(Effect.sleep("5 minutes"), piece))
    const fiber = yield* Effect.forkChild(db.writeObject("k", slow, places[0]))
    for (let minute = 0; minute < 60; minute++) {
      yield* TestClock.adjust("1 minute")
      yield* db.collectGarbage(places[0])
    }
    yield* Fiber.join(fiber)
    assert.deepStrictEqual(yield* read("k"), bytesOf(3000))
  }).pipe(Effect.provide(cluster())),
)
