import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { FolderObjectStorage, FrameDBClient } from "framedb"

const target = { framedbId: "m", type: "in-memory" } as const
const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

const filled = async (db: FrameDBClient, count: number): Promise<ReadonlyArray<string>> => {
  const keys = Array.from({ length: count }, (_, index) => `object/${index}`)
  await Promise.all(keys.map((key, index) => db.setObject({ key, data: bytes(index), metadata: { index }, ...target })))
  return keys
}

describe("backups in the Promise client", () => {
  it("backs up, survives the loss of everything, and restores bytes, types and metadata", async () => {
    await using db = FrameDBClient.memory()
    const keys = await filled(db, 20)
    for (const set of [undefined, "nightly"]) {
      const named = set === undefined ? {} : { set }
      const report = await db.backupToObjectStorage({ keys, ...named })
      assert.deepInclude(report, { succeeded: 20, failed: 0, bytes: 20 })
      for (const key of keys) await db.deleteObject(key)
      const restored = await db.restoreFromBackup({ keys, ...named })
      assert.deepInclude(restored, { succeeded: 20, failed: 0 })
      const object = await db.getObject("object/7")
      assert.deepStrictEqual([object.data, object.metadata, object.type], [bytes(7), { index: 7 }, "in-memory"])
    }
    assert.deepStrictEqual(
      (await db.listBackupSets()).map(({ set }) => set),
      ["nightly"],
    )
    assert.strictEqual((await db.verifyBackup({ set: "nightly" })).succeeded, 20)
  })

  it("goes to two methods of the caller's own, given once for all calls", async () => {
    const stored = new Map<string, Uint8Array>()
    const storage = {
      upload: (name: string, data: Uint8Array) => void stored.set(name, data.slice()),
      download: (name: string) => stored.get(name),
    }
    await using db = FrameDBClient.memory({ storage })
    const keys = await filled(db, 3)
    assert.strictEqual((await db.backupToObjectStorage({ keys })).succeeded, 3)
    assert.isAtLeast(stored.size, 3)
    await db.deleteObject("object/1")
    assert.strictEqual((await db.restoreFromBackup({ keys: ["object/1"] })).succeeded, 1)
  })

  it("keeps backups in a folder that was given once", async () => {
    const path = await mkdtemp(join(tmpdir(), "framedb-"))
    try {
      await using db = FrameDBClient.memory({ storage: await Effect.runPromise(FolderObjectStorage.make({ path })) })
      const keys = await filled(db, 3)
      assert.strictEqual((await db.backupToObjectStorage({ keys })).succeeded, 3)
      const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
      assert.isAtLeast(files.length, 3)
    } finally {
      await rm(path, { recursive: true })
    }
  })

  it("tells of each key as it ends, and reports those that failed with their errors", async () => {
    await using db = FrameDBClient.memory()
    const keys = await filled(db, 3)
    const seen: Array<number> = []
    const report = await db.backupToObjectStorage({
      keys: [...keys, "absent"],
      onProgress: ({ totals }) => seen.push(totals.succeeded + totals.failed),
    })
    assert.deepStrictEqual(seen, [1, 2, 3, 4])
    const failed = report.results.filter((result) => result.status === "failed")
    assert.deepStrictEqual(
      failed.map(({ key, error }) => [key, error._tag]),
      [["absent", "ObjectNotFound"]],
    )
  })

  it("refuses the effect that would make a storage, and says what to pass", async () => {
    await using db = FrameDBClient.memory()
    // A caller without types passes what `make` gives.
    const storage = FolderObjectStorage.make({ path: tmpdir() }) as never
    const refused = await db.backupToObjectStorage({ keys: [], storage }).catch((error: unknown) => error)
    assert.propertyVal(refused, "_tag", "InvalidArgument")
    assert.propertyVal(refused, "argument", "storage")
  })

  it("takes a backend with two methods, and keys from an async iterable", async () => {
    await using db = FrameDBClient.memory()
    const keys = await filled(db, 4)
    const stored = new Map<string, Uint8Array>()
    const storage = {
      upload: (name: string, data: Uint8Array) => void stored.set(name, data.slice()),
      download: async (name: string) => stored.get(name),
    }
    const slowKeys = async function* () {
      yield* keys
    }
    assert.strictEqual((await db.backupToObjectStorage({ keys: slowKeys(), storage })).succeeded, 4)
    assert.deepStrictEqual(stored.get("object/2"), bytes(2))
    assert.strictEqual((await db.backupToObjectStorage({ keys, storage })).skipped, 4)
    await db.deleteObject("object/2")
    await db.restoreFromBackup({ keys, storage, framedbId: "s", type: "storage" })
    assert.strictEqual((await db.getObject("object/2")).framedbId as string, "s")
  })
})
