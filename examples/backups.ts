// Backups, a disaster, and the restore.
//
//   node examples/backups.ts          from memory to a folder
//   node examples/backups.ts --live   from Redis and a SQL server to S3, all of which it starts
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { damage } from "./backups/damage.ts"
import { ProgressBar } from "./backups/ProgressBar.ts"
import { folderStage, liveStage } from "./backups/stage.ts"

await using stage = process.argv.includes("--live") ? await liveStage() : await folderStage()
const { db, storage, where } = stage
console.log(`Backups ${where}\n`)

// Frames in Redis, reports in SQL, each with metadata.
const contentOf = (key: string, version = 0) =>
  createHash("shake256", { outputLength: 4_096 }).update(`${key} ${version}`).digest()
const frames = Array.from({ length: 150 }, (_, index) => `camera/frame ${index}`)
const reports = Array.from({ length: 50 }, (_, index) => `report/${index}`)
const keys = [...frames, ...reports]
const set = (key: string, version = 0) => {
  const place = key.startsWith("report")
    ? ({ framedbId: "sql-1", type: "storage" } as const)
    : ({ framedbId: "redis-1", type: "in-memory" } as const)
  return db.setObject({ key, data: contentOf(key, version), ...place, metadata: { version } })
}
await Promise.all(keys.map((key) => set(key)))

// A set packs small objects into segments. The next one uploads only what has changed.
const monday = new ProgressBar("backup monday", keys.length)
const first = await db.backupToObjectStorage({ keys, set: "monday", storage, onProgress: monday.update })
assert.deepEqual([first.succeeded, first.failed], [keys.length, 0])

const changed = frames.slice(0, 10)
await Promise.all(changed.map((key) => set(key, 1)))
const tuesday = new ProgressBar("backup tuesday", keys.length)
const second = await db.backupToObjectStorage({
  keys,
  set: "tuesday",
  base: "monday",
  storage,
  onProgress: tuesday.update,
})
assert.deepEqual([second.succeeded, second.skipped], [changed.length, keys.length - changed.length])

// The disaster.
await Promise.all(keys.map((key) => db.deleteObject(key)))
assert.deepEqual(
  (await db.getObjects(keys)).filter((object) => object !== undefined),
  [],
)
console.log(`  a disaster         all ${keys.length} objects are gone`)

// The restore: bytes, kind and metadata as they were, wherever they were.
const restoring = new ProgressBar("restore tuesday", keys.length)
const restored = await db.restoreFromBackup({ set: "tuesday", storage, onProgress: restoring.update })
assert.deepEqual([restored.succeeded, restored.failed], [keys.length, 0])
for (const [index, object] of (await db.getObjects(keys)).entries()) {
  const key = keys[index] ?? ""
  const version = changed.includes(key) ? 1 : 0
  assert.deepEqual(object && Buffer.from(object.data), contentOf(key, version))
  assert.deepEqual(object?.metadata, { version })
  assert.equal(object?.type, key.startsWith("report") ? "storage" : "in-memory")
}
console.log("  checked            every byte, type and metadata is what it was")

// A flipped byte is found before anything is overwritten.
const segment = await damage(storage, "framedb.backup/sets/monday/")
const verified = await db.verifyBackup({ set: "monday", storage })
const damaged = verified.results.filter((result) => result.status === "failed")
assert.deepEqual(
  damaged.map(({ error }) => error._tag),
  ["IntegrityError"],
)
console.log(`  a flipped byte     in ${segment}: ${damaged.map(({ key, error }) => `${error._tag} of "${key}"`)}`)
const refused = await db.restoreFromBackup({ set: "monday", storage })
assert.equal(refused.failed, 1)
console.log(`  restore monday     ${refused.succeeded} restored, ${refused.failed} refused and left as it was`)

for (const each of await db.listBackupSets({ storage })) {
  const words =
    each.status === "complete" ? `${each.objects} objects, ${(each.bytes / 1e6).toFixed(1)} MB` : each.status
  console.log(`  set ${each.set.padEnd(14)} ${words}`)
}
