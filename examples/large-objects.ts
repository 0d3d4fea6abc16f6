// Objects of any size: streamed in and out, read in part, copied to an instance nearby.
//
//   node examples/large-objects.ts
import assert from "node:assert/strict"
import { createCipheriv, createHash } from "node:crypto"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { FrameDB, FrameDBMemory } from "framedb"

const megabyte = 1024 * 1024
const pieceBytes = 64 * 1024
const sizeBytes = 24 * megabyte

/** A film: 24 MiB that nobody holds whole, in pieces of 64 KiB. */
const film = Stream.suspend(() => {
  const noise = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16))
  return Stream.map(
    Stream.range(1, sizeBytes / pieceBytes),
    () => new Uint8Array(noise.update(Buffer.alloc(pieceBytes))),
  )
})

const digestOf = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
  Stream.runFold(
    bytes,
    () => createHash("sha256"),
    (hash, piece) => hash.update(piece),
  ).pipe(Effect.map((hash) => hash.digest("hex")))

const program = Effect.gen(function* () {
  const db = yield* FrameDB
  const key = "films/2026"

  // Above 16 MiB Redis holds an object in chunks, which become the object all at once with the last byte.
  const written = yield* db.writeObject(key, film, { framedbId: "us-1", type: "in-memory", contentType: "video/mp4" })
  yield* Console.log(`wrote ${written.sizeBytes / megabyte} MiB to ${written.framedbId}`)

  const opened = yield* db.readObject(key)
  const digest = yield* digestOf(opened.stream)
  assert.equal(digest, opened.sha256)
  assert.equal(digest, yield* digestOf(film))
  yield* Console.log(`read them back, SHA-256 ${digest.slice(0, 16)}… as written`)

  // A range reads the chunks that it touches, whose checksums are verified.
  const { stream } = yield* db.readObject(key, { range: { offset: 20 * megabyte - 5, length: 10 } })
  const part = yield* Stream.mkUint8Array(stream)
  assert.equal(part.length, 10)
  yield* Console.log(`ten bytes across a chunk's edge: ${Buffer.from(part).toString("hex")}`)

  // A writer that fails leaves what was there.
  const broken = Stream.concat(Stream.take(film, 300), Stream.fail("the camera was unplugged"))
  const failure = yield* Effect.flip(db.writeObject(key, broken, { framedbId: "us-1", type: "in-memory" }))
  assert.equal(yield* digestOf((yield* db.readObject(key)).stream), digest)
  yield* Console.log(`a write that failed ("${failure}") changed nothing`)

  // A copy in this client's own cluster is read first, and takes over when the primary is away.
  const copied = yield* db.createBackup(key, "eu-1")
  const near = yield* db.readObject(key)
  assert.equal(near.source, "copy")
  yield* Console.log(
    `copied to ${copied.copies.map(({ framedbId }) => framedbId)}, and read from there: source "${near.source}"`,
  )

  const isRemoved = yield* db.removeCopy(key, "eu-1")
  assert.ok(isRemoved)
})

const layer = FrameDBMemory.layer({
  clusterId: "eu",
  instances: [
    { framedbId: "us-1", kind: "redis", clusterId: "us" },
    { framedbId: "eu-1", kind: "redis", clusterId: "eu" },
  ],
})

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
