import { expect, it } from "@effect/vitest"
import { MemoryObjectStorage, type ObjectStorageService, readBytes } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import { backupToObjectStorage } from "../../src/programs/backups/backupToObjectStorage.ts"
import { listBackups } from "../../src/programs/backups/listBackups.ts"
import { restoreFromBackup } from "../../src/programs/backups/restoreFromBackup.ts"
import { verifyBackup } from "../../src/programs/backups/verifyBackup.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { fragile, type Held, makeObjects, makeSink, makeSource, storages } from "./fakes.ts"

const backup = (storage: ObjectStorageService, held: Held, keys: Iterable<string> = held.keys(), wholeBytes = 4096) =>
  report(backupToObjectStorage({ source: makeSource(held), storage, keys, prefix: "b/", wholeBytes }))

const restore = (storage: ObjectStorageService, keys: Iterable<string>, sink = makeSink()) =>
  Effect.map(report(restoreFromBackup({ sink, storage, keys, prefix: "b/", wholeBytes: 4096 })), (reported) => ({
    ...reported,
    held: sink.held,
  }))

for (const [what, make] of Object.entries(storages)) {
  describe(`one object a key, in a storage ${what}`, () => {
    it.effect("gives every object back as it was, small, empty and large", () =>
      Effect.gen(function* () {
        const storage = make()
        const held = new Map([...makeObjects(20), ...makeObjects(1, 0, "empty"), ...makeObjects(2, 10_000, "large")])
        const backedUp = yield* backup(storage, held)
        expect(backedUp).toMatchObject({ succeeded: 23, skipped: 0, failed: 0, bytes: 22_000 })
        const restored = yield* restore(storage, held.keys())
        expect(restored).toMatchObject({ succeeded: 23, failed: 0 })
        expect(restored.held).toEqual(held)
      }),
    )

    it.effect("stores the bytes raw under the key", () =>
      Effect.gen(function* () {
        const storage = make()
        const held = makeObjects(1)
        yield* backup(storage, held)
        expect(Option.getOrThrow(yield* readBytes(storage, "b/object/0")).bytes).toEqual(held.get("object/0")?.bytes)
      }),
    )

    it.effect("skips what is there, and writes again what changed in its bytes or in its metadata", () =>
      Effect.gen(function* () {
        const storage = fragile(make())
        const held = makeObjects(10)
        yield* backup(storage, held)
        const before = storage.puts().length
        expect(yield* backup(storage, held)).toMatchObject({ succeeded: 0, skipped: 10 })
        expect(storage.puts()).toHaveLength(before)
        const [first, second] = [held.get("object/0"), held.get("object/1")]
        if (first !== undefined) held.set("object/0", { ...first, bytes: first.bytes.map((byte) => byte ^ 1) })
        if (second !== undefined) held.set("object/1", { ...second, metadata: { changed: true } })
        expect(yield* backup(storage, held)).toMatchObject({ succeeded: 2, skipped: 8 })
        expect((yield* restore(storage, held.keys())).held).toEqual(held)
      }),
    )

    it.effect("goes on after a crash at any put, and uploads no object twice", () =>
      Effect.gen(function* () {
        for (let crashAt = 0; crashAt <= 10; crashAt++) {
          const storage = fragile(make())
          const held = makeObjects(5)
          storage.failPutsAfter(crashAt)
          const broken = yield* backup(storage, held)
          storage.failPutsAfter(Number.POSITIVE_INFINITY)
          const again = yield* backup(storage, held)
          expect(again.failed).toBe(0)
          expect(again.skipped).toBe(broken.succeeded)
          expect((yield* restore(storage, held.keys())).held).toEqual(held)
        }
      }),
    )

    it.effect("has one version whole to restore, wherever an overwrite breaks off", () =>
      Effect.gen(function* () {
        for (const [crashAt, sizeBytes] of [0, 1, 2, 3].flatMap((at) => [[at, 100] as const, [at, 9000] as const])) {
          const storage = fragile(make())
          const held = makeObjects(1, sizeBytes)
          const old = held.get("object/0")
          yield* backup(storage, held)
          if (old !== undefined) held.set("object/0", { ...old, bytes: old.bytes.map((byte) => byte ^ 255) })
          storage.failPutsAfter(crashAt)
          yield* backup(storage, held)
          const restored = yield* restore(storage, held.keys())
          expect(restored.failed).toBe(0)
          expect([old?.bytes, held.get("object/0")?.bytes]).toContainEqual(restored.held.get("object/0")?.bytes)
        }
      }),
    )

    it.effect("keeps the version that is there through one failed overwrite after the other", () =>
      Effect.gen(function* () {
        const storage = fragile(make())
        const held = makeObjects(1)
        const [key, first] = [...held][0] ?? ["", undefined]
        if (first === undefined) return
        yield* backup(storage, held)
        // Of each size: the same as before, and another.
        for (const sizeBytes of [first.bytes.length, 200, first.bytes.length, 300]) {
          const changed = { ...first, bytes: new Uint8Array(sizeBytes).fill(sizeBytes & 0xff) }
          storage.failPutsAfter(1)
          // With a sidecar only that is stored: a disk that is full has room for little things.
          if (storage.capabilities.attributeBytes === 0) yield* backup(storage, new Map([[key, changed]]))
        }
        expect((yield* restore(storage, [key])).held).toEqual(held)
        storage.failPutsAfter(Number.POSITIVE_INFINITY)
        const last = new Map([[key, { ...first, bytes: new Uint8Array(50) }]])
        expect(yield* backup(storage, last)).toMatchObject({ succeeded: 1 })
        expect((yield* restore(storage, [key])).held).toEqual(last)
      }),
    )

    it.effect("keeps keys apart that are hard to name", () =>
      Effect.gen(function* () {
        const storage = make()
        const [object] = makeObjects(1).values()
        const keys = [
          "x",
          "x.framedb.json",
          "x.framedb.json.framedb.json",
          "framedb.backup/sets/a",
          "../../etc/passwd",
          "k".repeat(1024),
          `${"k".repeat(1023)}l`,
          "a",
          "A",
          "é",
          "%",
          "framedb.backup/objects/",
        ]
        const held: Held = new Map()
        for (const [index, key] of keys.entries()) {
          if (object !== undefined) held.set(key, { ...object, bytes: Uint8Array.of(index) })
        }
        expect((yield* backup(storage, held)).failed).toBe(0)
        expect((yield* restore(storage, keys)).held).toEqual(held)
        if (!storage.capabilities.list) return
        const listed = yield* Stream.runCollect(listBackups({ storage, prefix: "b/" }))
        expect(listed.map((entry) => entry.key).sort()).toEqual([...keys].sort())
      }),
    )

    it.effect("tells of each key that failed, with its error", () =>
      Effect.gen(function* () {
        const storage = make()
        const held = makeObjects(2)
        const backedUp = yield* backup(storage, held, ["object/0", "missing", "", "object/1"])
        const failures = backedUp.results.flatMap((result) =>
          result.status === "failed" ? [[result.key, result.error._tag]] : [],
        )
        expect(failures.sort()).toEqual([
          ["", "InvalidArgument"],
          ["missing", "ObjectNotFound"],
        ])
        expect(backedUp).toMatchObject({ succeeded: 2, failed: 2 })
        const restored = yield* restore(storage, ["object/0", "missing"])
        expect(restored).toMatchObject({ succeeded: 1, failed: 1 })
      }),
    )
  })
}

describe("a changed byte", () => {
  const damages: ReadonlyArray<readonly [string, number, string, number]> = [
    ["in a small object", 100, "b/object/0", 50],
    ["in a large object", 10_000, "b/object/0", 9_999],
    ["in a sidecar's metadata", 100, "b/object/0.framedb.json", 250],
    ["at a sidecar's end", 100, "b/object/0.framedb.json", -1],
    ["in a sidecar's seal", 100, "b/object/0.framedb.json", 12],
  ]
  for (const [where, sizeBytes, name, at] of damages) {
    it.effect(`${where} is an IntegrityError, and nothing is overwritten`, () =>
      Effect.gen(function* () {
        const storage = fragile(MemoryObjectStorage.make({ attributeBytes: 0 }))
        const held = makeObjects(2, sizeBytes)
        yield* backup(storage, held)
        yield* storage.flip(name, at)
        const sink = makeSink(makeObjects(2, 3))
        const before = new Map(sink.held)
        const restored = yield* restore(storage, ["object/0"], sink)
        expect(restored.results).toMatchObject([
          { status: "failed", key: "object/0", error: { _tag: "IntegrityError" } },
        ])
        expect(sink.held).toEqual(before)
        const verified = yield* report(verifyBackup({ storage, keys: held.keys(), prefix: "b/" }))
        expect(verified).toMatchObject({ succeeded: 1, failed: 1 })
        expect((yield* backup(storage, held)).failed).toBe(0)
      }),
    )
  }

  it.effect("or a lost sidecar leaves nothing to trust", () =>
    Effect.gen(function* () {
      const storage = MemoryObjectStorage.make({ attributeBytes: 0 })
      yield* backup(storage, makeObjects(1))
      yield* storage.delete("b/object/0.framedb.json")
      expect((yield* restore(storage, ["object/0"])).results).toMatchObject([{ error: { _tag: "IntegrityError" } }])
    }),
  )
})

it.effect("a restore goes to another instance, of another kind, with other metadata, when told so", () =>
  Effect.gen(function* () {
    const storage = MemoryObjectStorage.make()
    yield* backup(storage, makeObjects(1))
    const sink = makeSink()
    const target = { framedbId: "elsewhere", type: "storage" as const, metadata: { restored: true } }
    yield* report(restoreFromBackup({ sink, storage, keys: ["object/0"], prefix: "b/", ...target }))
    expect(sink.held.get("object/0")).toMatchObject(target)
  }),
)

it.effect("bytes that another program stored are restored only where that is accepted, and others stay checked", () =>
  Effect.gen(function* () {
    const storage = fragile(MemoryObjectStorage.make())
    yield* storage.put("b/foreign", Uint8Array.of(1, 2, 3))
    yield* backup(storage, makeObjects(1))
    const sink = makeSink()
    const target = { framedbId: "redis-1", type: "in-memory" as const }
    const options = { sink, storage, keys: ["foreign"], prefix: "b/", ...target }
    expect((yield* report(restoreFromBackup(options))).results).toMatchObject([{ error: { _tag: "IntegrityError" } }])
    const accepting = { ...options, acceptUndescribed: true }
    for (const wholeBytes of [100, 1]) {
      expect((yield* report(restoreFromBackup({ ...accepting, wholeBytes }))).failed).toBe(0)
      expect(sink.held.get("foreign")).toMatchObject({ bytes: Uint8Array.of(1, 2, 3), ...target, metadata: {} })
    }
    yield* storage.flip("b/object/0", 0)
    const flipped = yield* report(restoreFromBackup({ ...accepting, keys: ["object/0"] }))
    expect(flipped.results).toMatchObject([{ error: { _tag: "IntegrityError" } }])
  }),
)

it.effect("a dry run checks everything and writes nothing", () =>
  Effect.gen(function* () {
    const storage = MemoryObjectStorage.make()
    const held = makeObjects(3, 10_000)
    yield* backup(storage, held)
    const sink = makeSink()
    const options = { sink, storage, keys: held.keys(), prefix: "b/", dryRun: true, wholeBytes: 10 }
    expect(yield* report(restoreFromBackup(options))).toMatchObject({ succeeded: 3 })
    expect(sink.held.size).toBe(0)
  }),
)

it.effect("a key that is named several times is backed up once after the other, each with its own description", () =>
  Effect.gen(function* () {
    const storage = MemoryObjectStorage.make({ attributeBytes: 0 })
    const { open } = makeSource(makeObjects(1))
    let [underWay, most, version] = [0, 0, 0]
    const bytes = Effect.gen(function* () {
      most = Math.max(most, ++underWay)
      for (let turn = 0; turn < 10; turn++) yield* Effect.yieldNow
      underWay--
      return new Uint8Array(100).fill(version++)
    })
    const source = {
      open: (key: Parameters<typeof open>[0]) => Effect.map(open(key), (found) => ({ ...found, bytes })),
    }
    const keys = ["object/0", "object/0", "object/0"]
    expect(yield* report(backupToObjectStorage({ source, storage, keys }))).toMatchObject({ succeeded: 3, failed: 0 })
    expect(most).toBe(1)
    expect(yield* report(verifyBackup({ storage, keys }))).toMatchObject({ succeeded: 3, failed: 0 })
  }),
)
