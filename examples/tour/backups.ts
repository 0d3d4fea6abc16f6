/** Backups: out of the instances into a storage, checked, and back. */
import assert from "node:assert/strict"
import { type FrameDBClient, MemoryObjectStorage } from "framedb"
import type { Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

/** The lesson. */
export const backups = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  guide.chapter(
    "Backups",
    "To S3, to a folder, to two methods of your own, or here to memory. A set packs small objects into segments, uploads only",
    "what has changed, and is checked before anything is overwritten.",
  )
  const storage = MemoryObjectStorage.make()
  const data = new Uint8Array(1_024).fill(7)
  const keys = Array.from({ length: 100 }, (_, index) => `tour/archive/${index}`)
  const place = { framedbId: instances.storage, type: "storage" } as const
  await Promise.all(keys.map((key, index) => db.setObject({ key, data, ...place, metadata: { index } })))

  const told: Array<number> = []
  const first = await guide.step(
    'backupToObjectStorage({ keys, set: "nightly" })',
    () =>
      db.backupToObjectStorage({ keys, set: "nightly", storage, onProgress: ({ totals }) => told.push(totals.bytes) }),
    ({ succeeded, bytes }) =>
      `${succeeded} objects, ${bytes.toLocaleString("en")} bytes, progress told ${told.length} times`,
  )
  assert.equal(first.succeeded, keys.length)
  const second = await guide.step(
    "the same again",
    () => db.backupToObjectStorage({ keys, set: "nightly", storage }),
    ({ succeeded, skipped }) => `${succeeded} uploaded, ${skipped} unchanged`,
  )
  assert.equal(second.skipped, keys.length)
  await Promise.all(keys.map((key) => db.deleteObject(key)))
  const checked = await guide.step(
    'verifyBackup({ set: "nightly" })',
    () => db.verifyBackup({ set: "nightly", storage }),
    ({ succeeded }) => `${succeeded} digests are right; meanwhile the objects are gone`,
  )
  assert.equal(checked.failed, 0)
  const restored = await guide.step(
    'restoreFromBackup({ set: "nightly" })',
    () => db.restoreFromBackup({ set: "nightly", storage }),
    ({ succeeded }) => `${succeeded} objects with their types and metadata`,
  )
  assert.equal(restored.succeeded, keys.length)
  const { data: bytes, metadata, type } = await db.getObject("tour/archive/42")
  assert.deepEqual([bytes, metadata, type], [data, { index: 42 }, "storage"])
  await Promise.all(keys.map((key) => db.deleteObject(key)))
}
