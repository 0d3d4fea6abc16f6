/**
 * Reads chunked objects, whole or in part.
 *
 * Every chunk is compared with its checksum before a byte of it is given out, and the whole with its SHA-256 at the end.
 * At most `chunksInFlight` chunks are read ahead. All chunks are those of one version: when it was replaced and collected
 * while it was read, the reader fails and never goes on with another.
 */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Location } from "../../domain/Location.ts"
import { decodeManifest, type Manifest } from "../../domain/Manifest.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { IntegrityError } from "../../errors/IntegrityError.ts"
import type { ConnectError } from "../instances/Connections.ts"
import { unfilled } from "./fixedPieces.ts"
import type { AskChunks } from "./placedChunks.ts"

/** A chunked object at a place. */
export interface ChunkedObject {
  readonly key: ObjectKey
  readonly place: Location
  readonly manifest: Manifest
}

/** From `start` up to but not including `end`, in bytes. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What reading chunks can fail with. */
export type ReadChunksError = ConnectError | IntegrityError

const damaged = (key: ObjectKey, what: string): IntegrityError =>
  new IntegrityError({ key, message: `the stored bytes of ${JSON.stringify(key)} are damaged: ${what}` })

/** Reads a manifest that a store gave. */
export const trustedManifest = (key: ObjectKey, text: string): Effect.Effect<Manifest, IntegrityError> => {
  const decoded = decodeManifest(key, text)
  return Result.isSuccess(decoded) ? Effect.succeed(decoded.success) : Effect.fail(damaged(key, decoded.failure))
}

const replaced = ({ key, place }: ChunkedObject): BackendError =>
  new BackendError({
    backend: place.type === "storage" ? "sql" : "redis",
    operation: "getChunk",
    instance: place.framedbId,
    reason: backendReason(
      "Unavailable",
      `${key} was replaced while it was read, and what was read is gone: read again`,
    ),
    maybeApplied: false,
  })

/** Why a chunk is not there: because its version was replaced, or because it was lost. */
const absence = Effect.fnUntraced(function* (ask: AskChunks, object: ChunkedObject, index: number) {
  const { key, manifest, place } = object
  const form = yield* ask(place, (store) => store.find(key))
  const isCurrent =
    Option.isSome(form) && form.value._tag === "Chunked" && form.value.manifest.includes(manifest.version)
  return yield* Effect.fail(isCurrent ? damaged(key, `chunk ${index} is missing`) : replaced(object))
})

/** Whether a chunk is what its manifest says. Of a manifest that somebody made up, the checksum may fit and the length not. */
const isAsWritten = ({ sizeBytes, chunkBytes, checksums }: Manifest, index: number, chunk: Uint8Array): boolean =>
  chunk.byteLength === Math.min(chunkBytes, sizeBytes - index * chunkBytes) && crc32(chunk) === checksums[index]

const chunkAt = (
  ask: AskChunks,
  object: ChunkedObject,
  index: number,
): Effect.Effect<Uint8Array<ArrayBuffer>, ReadChunksError> => {
  const { key, manifest, place } = object
  return Effect.flatMap(
    ask(place, (store) => store.get({ key, version: manifest.version, index })),
    (found): Effect.Effect<Uint8Array<ArrayBuffer>, ReadChunksError> => {
      if (Option.isNone(found)) return absence(ask, object, index)
      if (isAsWritten(manifest, index, found.value)) return Effect.succeed(found.value)
      return Effect.fail(damaged(key, `chunk ${index} is not what was written`))
    },
  )
}

/** The chunks from one up to, but not including, another, in order. */
const chunksOf = (ask: AskChunks, object: ChunkedObject, first: number, end: number) =>
  Stream.unwrap(
    Effect.map(
      ask(object.place, (store) => Effect.succeed(store.limits)),
      ({ chunksInFlight }) =>
        Stream.range(first, end - 1).pipe(
          Stream.mapEffect((index) => chunkAt(ask, object, index), { concurrency: chunksInFlight }),
        ),
    ),
  )

const readWhole = (ask: AskChunks, object: ChunkedObject) =>
  Stream.suspend(() => {
    const { key, manifest } = object
    const digest = createHash("sha256")
    const counted = Stream.map(chunksOf(ask, object, 0, manifest.checksums.length), (chunk) => {
      digest.update(chunk)
      return chunk
    })
    const verdict = Stream.suspend(() =>
      digest.digest("hex") === manifest.sha256
        ? Stream.empty
        : Stream.fail(damaged(key, "the SHA-256 of the whole differs")),
    )
    return Stream.concat(counted, verdict)
  })

const readPart = (ask: AskChunks, object: ChunkedObject, { start, end }: Span) => {
  const { chunkBytes } = object.manifest
  const first = Math.floor(start / chunkBytes)
  return Stream.map(chunksOf(ask, object, first, Math.ceil(end / chunkBytes)), (chunk, offset) => {
    const begin = (first + offset) * chunkBytes
    return chunk.subarray(Math.max(0, start - begin), Math.min(chunk.byteLength, end - begin))
  })
}

/** Streams the bytes of a span. */
export const readChunked = (
  ask: AskChunks,
  object: ChunkedObject,
  span: Span,
): Stream.Stream<Uint8Array<ArrayBuffer>, ReadChunksError> => {
  if (span.start >= span.end) return Stream.empty
  const isWhole = span.start === 0 && span.end === object.manifest.sizeBytes
  return isWhole ? readWhole(ask, object) : readPart(ask, object, span)
}

/** Loads all bytes into one buffer. */
export const loadChunked = (
  ask: AskChunks,
  object: ChunkedObject,
): Effect.Effect<Uint8Array<ArrayBuffer>, ReadChunksError> =>
  Effect.suspend(() => {
    const whole = unfilled(object.manifest.sizeBytes)
    let offset = 0
    const gather = Stream.runForEach(readWhole(ask, object), (chunk) =>
      Effect.sync(() => {
        whole.set(chunk, offset)
        offset += chunk.byteLength
      }),
    )
    return Effect.as(gather, whole)
  })
