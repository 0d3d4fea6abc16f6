/** Objects of any size, streamed, and copies of objects elsewhere. */
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import type { FrameDBClient } from "framedb"
import { collect } from "./collect.ts"
import type { Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

const pieceBytes = 256 * 1024
const pieceCount = 72

/** 18 MiB, more than Redis holds here in one piece. */
function* film(): Generator<Uint8Array> {
  for (let index = 0; index < pieceCount; index++) yield new Uint8Array(pieceBytes).fill(index)
}

const digestOf = async (pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
  const hash = createHash("sha256")
  for await (const piece of pieces) hash.update(piece)
  return hash.digest("hex")
}

const megabytes = (bytes: number) => `${bytes / 1024 ** 2} MiB`

/** The lesson. */
export const streams = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  guide.chapter(
    "Streams and copies",
    "Above 16 MiB in Redis and 4 MiB in SQL an object is chunks, which become the object all at once. Neither side holds it whole.",
  )
  const key = "tour/film"
  const digest = await digestOf(film())
  await guide.step(
    "writeObject(key, chunks, …)",
    () => db.writeObject(key, film(), { framedbId: instances.memory, type: "in-memory" }),
    ({ sizeBytes }) => `${megabytes(sizeBytes)} in Redis, from an iterable of ${pieceCount} pieces`,
  )
  await guide.step(
    "for await (… of readObject(key))",
    async () => assert.equal(await digestOf(await db.readObject(key)), digest),
    () => `SHA-256 ${digest.slice(0, 16)}… as written`,
  )
  const range = { offset: 10 * pieceBytes - 2, length: 4 }
  const part = await guide.step(
    "readObject(key, { range })",
    async () => Buffer.concat(await collect(await db.readObject(key, { range }))),
    (bytes) => `bytes ${range.offset} to ${range.offset + 3}: ${bytes.join(" ")}`,
  )
  assert.deepEqual([...part], [9, 9, 10, 10])
  const copied = await guide.step(
    `createBackup(key, "${instances.storage}")`,
    () => db.createBackup(key, instances.storage),
    ({ copies }) => `a copy in SQL, on ${copies.map(({ framedbId }) => framedbId)}: compared, then registered`,
  )
  assert.equal(copied.copies.length, 1)
  const removed = await guide.step("removeCopy(key, …)", () => db.removeCopy(key, instances.storage), String)
  assert.equal(removed, true)
  await db.deleteObject(key)
}
