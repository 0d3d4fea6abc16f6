import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { FrameDBClient, InvalidArgument } from "framedb"

const MiB = 1024 * 1024
const memory = { framedbId: "m", type: "in-memory" } as const
const storage = { framedbId: "s", type: "storage" } as const

/** Pieces of bytes that differ from place to place. */
function* pieces(totalBytes: number, pieceBytes = 300_000) {
  for (let offset = 0; offset < totalBytes; offset += pieceBytes) {
    const piece = new Uint8Array(Math.min(pieceBytes, totalBytes - offset))
    for (let index = 0; index < piece.length; index += 997) piece[index] = (offset + index) % 251
    yield piece
  }
}

const whole = (totalBytes: number): Uint8Array => Buffer.concat([...pieces(totalBytes)])
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

describe("objects of any size in the Promise client", () => {
  it("writes any kind of source and reads it back as any kind of stream", async () => {
    await using db = FrameDBClient.memory()
    const size = 9 * MiB + 17
    const expected = digest(whole(size))
    const sources = {
      bytes: whole(size),
      iterable: pieces(size),
      readable: Readable.from(pieces(size)),
      web: new Blob([...pieces(size)]).stream(),
    }
    for (const [key, source] of Object.entries(sources)) {
      const info = await db.writeObject(key, source, { ...storage, metadata: { key } })
      assert.strictEqual(info.sizeBytes, size)
      assert.strictEqual(digest(await buffer(Readable.from(await db.readObject(key)))), expected)
      const response = new Response((await db.readObject(key)).webStream())
      assert.strictEqual(digest(new Uint8Array(await response.arrayBuffer())), expected)
      assert.strictEqual(digest((await db.getObject(key)).data), expected)
      assert.deepStrictEqual((await db.statObject(key)).metadata, { key })
    }
  })

  it("reads a part of an object", async () => {
    await using db = FrameDBClient.memory()
    await db.writeObject("k", pieces(6 * MiB), storage)
    const range = { offset: 3 * MiB - 5, length: 10 }
    const part = await buffer(Readable.from(await db.readObject("k", { range })))
    assert.deepStrictEqual(new Uint8Array(part), new Uint8Array(whole(6 * MiB).subarray(3 * MiB - 5, 3 * MiB + 5)))
  })

  it("sets and gets whole what is above the inline limit, and refuses to load what is above the bound", async () => {
    await using db = FrameDBClient.memory({ maxObjectBytes: 8 * MiB })
    await db.setObject({ key: "large", data: whole(5 * MiB), ...storage })
    assert.strictEqual((await db.getObject("large")).sizeBytes, 5 * MiB)
    await db.writeObject("huge", pieces(9 * MiB), storage)
    const error = await db.getObject("huge").catch((thrown: unknown) => thrown)
    assert.propertyVal(error, "_tag", "ObjectTooLarge")
  })

  it("keeps what was there when the source fails", async () => {
    await using db = FrameDBClient.memory()
    await db.setObject({ key: "k", data: whole(10), ...storage })
    const failing = async function* () {
      yield* pieces(5 * MiB)
      throw new Error("the disk is gone")
    }
    const error = await db.writeObject("k", failing(), storage).catch((thrown: unknown) => thrown)
    assert.instanceOf(error, InvalidArgument)
    assert.strictEqual((await db.getObject("k")).sizeBytes, 10)
  })

  it("copies to another instance, reads from there, and forgets the copy again", async () => {
    await using db = FrameDBClient.memory({
      instances: [
        { framedbId: "m", kind: "redis" },
        { framedbId: "s", kind: "sql" },
      ],
    })
    await db.setObject({ key: "k", data: whole(100), ...memory })
    assert.deepStrictEqual(
      (await db.createBackup("k", "s")).copies.map(({ framedbId }) => `${framedbId}`),
      ["s"],
    )
    const report = await db.createBulkBackup(["k", "absent"], "s")
    assert.deepInclude(report, { skipped: 1, failed: 1 })
    assert.isTrue(await db.removeCopy("k", "s"))
    assert.deepStrictEqual((await db.statObject("k")).copies, [])
  })

  it("backs up and restores what is larger than what is held at once", async () => {
    await using db = FrameDBClient.memory()
    await db.writeObject("k", pieces(20 * MiB), { ...memory, contentType: "video/mp4" })
    for (const place of [{}, { set: "weekly" }]) {
      assert.strictEqual((await db.backupToObjectStorage({ keys: ["k"], ...place })).failed, 0)
      await db.deleteObject("k")
      assert.strictEqual((await db.restoreFromBackup({ keys: ["k"], ...place })).succeeded, 1)
      const restored = await db.readObject("k")
      assert.strictEqual(restored.info.content.contentType, "video/mp4")
      assert.strictEqual(digest(await buffer(Readable.from(restored))), digest(whole(20 * MiB)))
    }
  })
})
