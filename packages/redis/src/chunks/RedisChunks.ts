/** Objects in chunks: a string a chunk, and a hash that says which chunks are the object. `ChunkKeys` has the names. */
import { type ChunkLimits, type ChunkStore, type CommitOutcome, ObjectKey, type StoredForm } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import { chunkKey, makeChunkKeys, plainKeyOf } from "./ChunkKeys.ts"
import { commitScript, discardScript, extendScript, findScript, removeScript } from "./chunkScripts.ts"
import { makeManifestScan } from "./ManifestScan.ts"
import { PutChunk } from "./PutChunk.ts"
import { runScript } from "./script.ts"

/**
 * Chunks of 1 MiB hold up nobody for longer than a millisecond. 16,384 of them, 16 GiB, are what a commit can touch in one
 * step of some 30 ms. Two in flight keep a connection busy: while one is checked the next arrives, and every further one is
 * memory that a reader holds for nothing.
 */
const limits = { chunkBytes: 1024 * 1024, maxChunks: 16_384, chunksInFlight: 2 } satisfies Partial<ChunkLimits>

const finding: Operation = { name: "findChunked", isWrite: false }
const putting: Operation = { name: "putChunk", isWrite: true }
const getting: Operation = { name: "getChunk", isWrite: false }
const extending: Operation = { name: "extendChunks", isWrite: true }
const committing: Operation = { name: "commitChunks", isWrite: true }
const discarding: Operation = { name: "discardChunks", isWrite: true }
const removing: Operation = { name: "removeChunked", isWrite: true }
const collecting: Operation = { name: "collectChunks", isWrite: true }

const isObjectKey = Schema.is(ObjectKey)

/** What the find script answered. */
export const storedForm = (answer: unknown): Option.Option<StoredForm> => {
  if (typeof answer === "number") return Option.some({ _tag: "Plain", sizeBytes: answer })
  return typeof answer === "string" ? Option.some({ _tag: "Chunked", manifest: answer }) : Option.none()
}

const outcomeOf = (answer: unknown): CommitOutcome =>
  answer === "committed" || answer === "occupied" ? answer : "expired"

/** Bytes that the driver can send; they share memory. */
const sendable = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** A large reply was put together in memory of its own; a small one is a part of what a socket read. */
const owned = (reply: Buffer): Uint8Array<ArrayBuffer> =>
  reply.buffer instanceof ArrayBuffer && reply.buffer.byteLength === reply.byteLength
    ? new Uint8Array(reply.buffer)
    : new Uint8Array(reply)

/** Makes the chunk store of an open connection. */
export const makeChunks = (client: RedisClient): ChunkStore => {
  const { chunkLeaseMillis: leaseMillis, chunkGraceMillis: graceMillis } = client.settings
  const keysOf = makeChunkKeys()
  const scan = makeManifestScan(client)

  const remove: ChunkStore["remove"] = (key, condition) => {
    const keys = keysOf(key)
    const version = "version" in condition ? condition.version : ""
    const parameters = [keys.chunks, graceMillis, condition._tag, version]
    return client.run(removing, (driver) =>
      runScript(driver, removeScript, [keys.manifest, keys.plain], parameters).then((answer) => answer === 1),
    )
  }

  return {
    limits: { ...limits, extendMillis: Math.floor(leaseMillis / 3) },
    find: (key) => {
      const keys = keysOf(key)
      return client.run(finding, (driver) =>
        runScript(driver, findScript, [keys.manifest, keys.plain]).then(storedForm),
      )
    },
    begin: () => Effect.void,
    extend: ({ key, version, chunks }) => {
      const keys = keysOf(key)
      return client.run(extending, (driver) =>
        runScript(driver, extendScript, [keys.manifest, keys.plain], [keys.chunks, version, chunks, leaseMillis]).then(
          () => true,
        ),
      )
    },
    put: ({ key, version, index, data }) => {
      const name = chunkKey(keysOf(key), version, index)
      const put = () => new PutChunk(name, sendable(data), leaseMillis)
      return Effect.asVoid(client.run(putting, (driver) => Promise.resolve(driver.sendCommand(put()))))
    },
    commit: ({ key, version, chunks, manifest, isInsert = false }) => {
      const keys = keysOf(key)
      const parameters = [keys.chunks, version, chunks, manifest, graceMillis, isInsert ? "insert" : "replace"]
      return client.run(committing, (driver) =>
        runScript(driver, commitScript, [keys.manifest, keys.plain], parameters).then(outcomeOf),
      )
    },
    discard: ({ key, version, chunks }) => {
      const keys = keysOf(key)
      return Effect.asVoid(
        client.run(discarding, (driver) =>
          runScript(driver, discardScript, [keys.manifest, keys.plain], [keys.chunks, version, chunks]),
        ),
      )
    },
    get: ({ key, version, index }) => {
      const name = chunkKey(keysOf(key), version, index)
      return Effect.map(
        client.run(getting, (driver) => driver.getBuffer(name)),
        (reply) => Option.map(Option.fromNullOr(reply), owned),
      )
    },
    remove,
    collect: Effect.gen(function* () {
      // Expiries do most of it. What is left are manifests that another client's plain bytes have made void.
      const { manifestKeys, hasMore } = yield* scan(collecting)
      const keys = manifestKeys.flatMap((name) => {
        const key = plainKeyOf(name)
        return key !== undefined && isObjectKey(key) ? [key] : []
      })
      const removed = yield* Effect.forEach(keys, (key) => remove(key, { _tag: "Shadowed" }), { concurrency: 16 })
      return { versions: removed.filter((was) => was).length, hasMore }
    }),
  }
}
