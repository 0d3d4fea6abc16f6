import { assert, describe, it } from "@effect/vitest"
import { FrameDB, FramedbId, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { bytesOf, cluster, connect, keyOf } from "../large/cluster.ts"

const at = (framedbId: string, type: "in-memory" | "storage") => ({ framedbId: FramedbId.make(framedbId), type })
const [r, r2, s] = [at("r", "in-memory"), at("r2", "in-memory"), at("s", "storage")]
const layer = () =>
  cluster(
    {},
    {
      instances: [
        { framedbId: "r", kind: "redis" },
        { framedbId: "r2", kind: "redis" },
        { framedbId: "s", kind: "sql" },
        { framedbId: "both", kind: "redis" },
        { framedbId: "both", kind: "sql" },
      ],
    },
  )

const copiesOf = (key: string) =>
  Effect.gen(function* () {
    return (yield* (yield* FrameDB).statObject(key)).copies
  })

describe("createBackup", () => {
  for (const size of [0, 10, 1000, 1001, 5000]) {
    for (const [from, to] of [
      [r, s],
      [s, r],
      [r, r2],
    ] as const) {
      it.effect(`copies ${size} bytes from ${from.framedbId} to ${to.framedbId}, once`, () =>
        Effect.gen(function* () {
          const db = yield* FrameDB
          yield* db.setObject({ key: "k", data: bytesOf(size), ...from, metadata: { a: 1 } })
          const info = yield* db.createBackup("k", to.framedbId)
          assert.deepStrictEqual(info.copies, [to])
          assert.deepStrictEqual([info.sizeBytes, info.metadata], [size, { a: 1 }])
          assert.deepStrictEqual(yield* copiesOf("k"), [to])
          yield* db.createBackup("k", to.framedbId, to.type)
          assert.deepStrictEqual(yield* copiesOf("k"), [to])
          const primary = yield* connect(from.framedbId, from.type)
          yield* primary.objects.deleteMany([keyOf("k")])
          const read = yield* db.getObject("k")
          assert.deepStrictEqual([read.data, read.source], [bytesOf(size), "copy"])
        }).pipe(Effect.provide(layer())),
      )
    }
  }

  it.effect("is followed by overwrites of any size", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const copy = yield* connect("s", "storage")
      yield* db.setObject({ key: "k", data: bytesOf(10), ...r })
      yield* db.createBackup("k", "s")
      for (const size of [20, 5000, 6000, 30]) {
        yield* db.setObject({ key: "k", data: bytesOf(size, size), ...r })
        assert.deepStrictEqual(yield* copiesOf("k"), [s])
        assert.deepStrictEqual(yield* copy.objects.sizeMany([keyOf("k")]), [Option.some(size)])
        yield* db.writeObject("k", Stream.succeed(bytesOf(size, 7)), r)
        const primary = yield* connect("r", "in-memory")
        yield* primary.objects.deleteMany([keyOf("k")])
        assert.deepStrictEqual((yield* db.getObject("k")).data, bytesOf(size, 7))
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("finds the target's kind, and refuses to guess", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      yield* db.setObject({ key: "k", data: bytesOf(1), ...r })
      const refusals = [
        [db.createBackup("k", "both"), "InvalidArgument"],
        [db.createBackup("k", "nowhere"), "InstanceNotFound"],
        [db.createBackup("k", "r"), "InvalidArgument"],
        [db.createBackup("", "s"), "InvalidArgument"],
        [db.createBackup("absent", "s"), "ObjectNotFound"],
      ] as const
      for (const [call, tag] of refusals) assert.strictEqual((yield* Effect.flip(call))._tag, tag)
      assert.deepStrictEqual((yield* db.createBackup("k", "both", "storage")).copies, [at("both", "storage")])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("refuses a queue and says why", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      yield* db.publish("q", bytesOf(1), { framedbId: "r" })
      const refused = yield* Effect.flip(db.createBackup("q", "s"))
      assert.strictEqual(refused._tag, "InvalidArgument")
      assert.match(refused.message, /is a queue/)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("rewrites a copy that is registered and stale", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      yield* db.setObject({ key: "k", data: bytesOf(10), ...r })
      yield* (yield* ObjectRouting).addCopy(keyOf("k"), s)
      const copy = yield* connect("s", "storage")
      yield* copy.objects.setMany([{ key: keyOf("k"), data: bytesOf(10, 5) }])
      yield* db.createBackup("k", "s")
      assert.deepStrictEqual(yield* copy.objects.getMany([keyOf("k")]), [Option.some(bytesOf(10))])
      assert.deepStrictEqual(yield* copiesOf("k"), [s])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("never leaves a stale copy registered, whenever the object is overwritten meanwhile", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const copy = yield* connect("s", "storage")
      for (let turns = 0; turns < 60; turns++) {
        for (const size of [10, 3000]) {
          yield* db.setObject({ key: "k", data: bytesOf(10, 1), ...r })
          const late = Effect.gen(function* () {
            for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
            yield* db.setObject({ key: "k", data: bytesOf(size, 2), ...r })
          })
          yield* Effect.all([db.createBackup("k", "s"), late], { concurrency: 2 })
          const registered = yield* copiesOf("k")
          const [data = Option.none()] = yield* copy.objects.getMany([keyOf("k")])
          const sizes = yield* copy.objects.sizeMany([keyOf("k")])
          if (registered.length > 0) {
            assert.deepStrictEqual(sizes, [Option.some(size)], `after ${turns} turns`)
            if (size === 10) assert.deepStrictEqual(data, Option.some(bytesOf(10, 2)), `after ${turns} turns`)
          }
          yield* db.deleteObject("k")
        }
      }
    }).pipe(Effect.provide(layer())),
  )
})

describe("removeCopy", () => {
  it.effect("removes the copy, not the primary", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      for (const size of [10, 5000]) {
        yield* db.setObject({ key: "k", data: bytesOf(size), ...r })
        yield* db.createBackup("k", "s")
        assert.isTrue(yield* db.removeCopy("k", "s"))
        assert.isFalse(yield* db.removeCopy("k", "s"))
        assert.isFalse(yield* db.removeCopy("k", "r"))
        const copy = yield* connect("s", "storage")
        assert.deepStrictEqual(yield* copy.objects.sizeMany([keyOf("k")]), [Option.none()])
        assert.deepStrictEqual((yield* db.getObject("k")).data, bytesOf(size))
      }
    }).pipe(Effect.provide(layer())),
  )
})

describe("createBulkBackup", () => {
  it.effect("copies small and large objects, and says of each what became of it", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const sizeOf = (index: number) => (index % 10 === 0 ? 3000 : index)
      const keys = Array.from({ length: 700 }, (_, index) => `k${index}`)
      yield* Effect.forEach(keys, (key, index) => db.setObject({ key, data: bytesOf(sizeOf(index), index), ...r }), {
        concurrency: 50,
      })
      yield* db.publish("q", bytesOf(1), { framedbId: "r" })
      const seen: Array<string> = []
      const asked = [...keys, "absent", "q", ""]
      const report = yield* db.createBulkBackup(asked, "s", {
        onProgress: ({ result }) => Effect.sync(() => seen.push(result.key)),
      })
      assert.deepStrictEqual([report.succeeded, report.skipped, report.failed], [700, 0, 3])
      assert.deepStrictEqual(seen.toSorted(), asked.toSorted())
      const tags = report.results.flatMap((result) =>
        result.status === "failed" ? [[result.key, result.error._tag]] : [],
      )
      assert.deepStrictEqual(tags.toSorted(), [
        ["", "InvalidArgument"],
        ["absent", "ObjectNotFound"],
        ["q", "InvalidArgument"],
      ])
      const again = yield* db.createBulkBackup(Stream.fromIterable(keys), "s", { concurrency: 8, bytesInFlight: 5000 })
      assert.deepStrictEqual([again.succeeded, again.skipped, again.failed], [0, 700, 0])
      const primary = yield* connect("r", "in-memory")
      for (let start = 0; start < 700; start += 64)
        yield* primary.objects.deleteMany(keys.slice(start, start + 64).map(keyOf))
      for (const [index, key] of keys.entries()) {
        assert.deepStrictEqual((yield* db.getObject(key)).data, bytesOf(sizeOf(index), index))
      }
    }).pipe(Effect.provide(layer())),
  )

  for (const [from, to] of [
    [r, s],
    [s, r],
  ] as const) {
    it.effect(`finds a copy on ${to.framedbId} that is not what was written, and makes that one anew`, () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const keys = Array.from({ length: 300 }, (_, index) => `k${index}`)
        const set = (key: string, index: number) => db.setObject({ key, data: bytesOf(100, index), ...from })
        yield* Effect.forEach(keys, set, { concurrency: 50 })
        yield* db.createBulkBackup(keys, to.framedbId)
        const copy = yield* connect(to.framedbId, to.type)
        yield* copy.objects.setMany([{ key: keyOf("k7"), data: bytesOf(100, 8) }])
        yield* copy.objects.deleteMany([keyOf("k9")])
        const report = yield* db.createBulkBackup(new Set(keys), to.framedbId)
        const anew = report.results.flatMap(({ key, status }) => (status === "succeeded" ? [key] : []))
        assert.deepStrictEqual([anew.toSorted(), report.skipped, report.failed], [["k7", "k9"], 298, 0])
        assert.deepStrictEqual(yield* copy.objects.getMany([keyOf("k7"), keyOf("k9")]), [
          Option.some(bytesOf(100, 7)),
          Option.some(bytesOf(100, 9)),
        ])
      }).pipe(Effect.provide(layer())),
    )
  }
})
