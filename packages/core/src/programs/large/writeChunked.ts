/**
 * Writes a stream of bytes as a chunked object.
 *
 * Holds at most `chunksInFlight` chunks on their way to the store, and two more that are being cut and checked. The
 * version is leased while it is written; a writer that fails or is interrupted removes its chunks, and those of one that
 * dies go when its lease ends.
 */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Location } from "../../domain/Location.ts"
import { type ChunkVersion, encodeManifest, type Manifest, makeChunkVersion } from "../../domain/Manifest.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { ChunkLimits, CommitOutcome } from "../../ports/ChunkStore.ts"
import type { ConnectError } from "../instances/Connections.ts"
import { fixedPieces, type Pieces } from "./fixedPieces.ts"
import type { AskChunks } from "./placedChunks.ts"

/** How many chunks are announced at a time: what a collector looks for beyond what a dead writer has put. */
const announcedAtOnce = 256

/** What to write, and where. */
export interface ChunkedWrite<E> {
  readonly key: ObjectKey
  readonly place: Location
  /** The bytes, or the pieces that they were cut into already. */
  readonly body: Stream.Stream<Uint8Array, E> | Pieces<E>
}

/** The body in pieces of a chunk's size. */
const piecesOf = <E>(body: ChunkedWrite<E>["body"], pieceBytes: number): Pieces<E> => {
  if (Stream.isStream(body)) return fixedPieces(body, pieceBytes)
  return body.pieceBytes === pieceBytes ? body : fixedPieces(body.stream, pieceBytes)
}

/** A version that is being written. */
interface Writing {
  readonly key: ObjectKey
  readonly place: Location
  readonly version: ChunkVersion
  readonly limits: ChunkLimits
  /** Chunks below it may be put. */
  announced: number
}

const expired = ({ place }: Writing): BackendError =>
  new BackendError({
    backend: place.type === "storage" ? "sql" : "redis",
    operation: "commitChunks",
    instance: place.framedbId,
    reason: backendReason("Timeout", "the lease of the write ended before all of it was stored"),
    maybeApplied: false,
  })

/** Extends the lease for as long as the write goes on; fails when it is lost. */
const keepAlive = (ask: AskChunks, writing: Writing): Effect.Effect<never, ConnectError> => {
  const extend = Effect.suspend(() => {
    const { key, version, announced: chunks } = writing
    return ask(writing.place, (store) => store.extend({ key, version, chunks }))
  })
  return Effect.sleep(writing.limits.extendMillis).pipe(
    Effect.andThen(extend),
    Effect.flatMap((isLeased) => (isLeased ? Effect.void : Effect.fail(expired(writing)))),
    Effect.forever,
  )
}

/** Makes room for a chunk among those announced. */
const announce = (ask: AskChunks, writing: Writing, index: number): Effect.Effect<void, ConnectError> => {
  if (index < writing.announced) return Effect.void
  const { key, version, place } = writing
  const chunks = index + announcedAtOnce
  return Effect.flatMap(
    ask(place, (store) => store.extend({ key, version, chunks })),
    (isLeased) => {
      writing.announced = chunks
      return isLeased ? Effect.void : Effect.fail(expired(writing))
    },
  )
}

/** Puts every piece of a stream, and gives the manifest that describes them. */
const putAll = <E>(
  ask: AskChunks,
  writing: Writing,
  body: ChunkedWrite<E>["body"],
): Effect.Effect<Manifest, E | ConnectError | ObjectTooLarge> => {
  const { key, place, version } = writing
  const { chunkBytes, chunksInFlight, maxChunks } = writing.limits
  const digest = createHash("sha256")
  const checksums: Array<number> = []
  let sizeBytes = 0
  const note = (data: Uint8Array): Effect.Effect<void, ConnectError | ObjectTooLarge> => {
    const index = checksums.length
    sizeBytes += data.byteLength
    if (index === maxChunks) {
      return Effect.fail(new ObjectTooLarge({ key, sizeBytes, limitBytes: maxChunks * chunkBytes }))
    }
    digest.update(data)
    checksums.push(crc32(data))
    return announce(ask, writing, index)
  }
  const pieces = piecesOf(body, chunkBytes)
  const check = (data: Uint8Array<ArrayBuffer>) => Effect.as(note(data), { data, index: checksums.length - 1 })
  const put = ({ data, index }: { readonly data: Uint8Array<ArrayBuffer>; readonly index: number }) =>
    Effect.map(
      ask(place, (store) => store.put({ key, version, index, data })),
      // Only what was stored is given back: a driver may still hold on to what was not.
      () => pieces.release(data),
    )
  return pieces.stream.pipe(
    Stream.mapEffect(check),
    Stream.mapEffect(put, { concurrency: chunksInFlight }),
    Stream.runDrain,
    Effect.map(() => ({ version, sizeBytes, chunkBytes, sha256: digest.digest("hex"), checksums })),
  )
}

/** A version that shall be the object of its key at a place. */
interface CommittedAt {
  readonly key: ObjectKey
  readonly place: Location
  readonly manifest: Manifest
  /** Only where nothing else is. Default: whatever is there is replaced. */
  readonly isInsert?: boolean
}

/** What was written. */
export interface ChunkedWritten {
  readonly manifest: Manifest
  /** Whether the place held an object of this key before. */
  readonly wasThere: boolean
}

/** Makes a version at a place the object of its key: another time, too, where it was and has gone a moment ago. */
export const commitManifest = (
  ask: AskChunks,
  { key, place, manifest, isInsert = false }: CommittedAt,
): Effect.Effect<CommitOutcome, ConnectError> => {
  const { version, checksums } = manifest
  const entry = { key, version, chunks: checksums.length, manifest: encodeManifest(key, manifest), isInsert }
  return ask(place, (store) => store.commit(entry))
}

/** Puts the chunks of a new version. */
const putVersion = Effect.fnUntraced(function* <E>(ask: AskChunks, { key, place, body }: ChunkedWrite<E>) {
  const version = makeChunkVersion()
  const limits = yield* ask(place, (store) =>
    Effect.as(store.begin({ key, version, chunks: announcedAtOnce }), store.limits),
  )
  const writing: Writing = { key, place, version, limits, announced: announcedAtOnce }
  const put = Effect.raceFirst(putAll(ask, writing, body), keepAlive(ask, writing))
  const discard = Effect.suspend(() =>
    ask(place, (store) => store.discard({ key, version, chunks: writing.announced })),
  )
  const manifest = yield* Effect.onExit(put, (exit) => (Exit.isSuccess(exit) ? Effect.void : Effect.ignore(discard)))
  return { writing, manifest, discard }
})

/**
 * Stores a stream as the object of its key at a place, all at once when the last byte has been stored. Fails with the
 * stream's own error, and leaves what was there, where the stream fails.
 */
export const writeChunked = Effect.fnUntraced(function* <E>(ask: AskChunks, write: ChunkedWrite<E>) {
  const { writing, manifest } = yield* putVersion(ask, write)
  const size = yield* ask(write.place, (_, opened) => opened.sizes.request(write.key, 0))
  const outcome = yield* commitManifest(ask, { ...write, manifest })
  if (outcome !== "committed") return yield* expired(writing)
  const written: ChunkedWritten = { manifest, wasThere: Option.isSome(size) }
  return written
})

/** Stores a stream likewise, but only where the key holds nothing when the last byte has been stored, and says whether that was so. */
export const insertChunked = Effect.fnUntraced(function* <E>(ask: AskChunks, write: ChunkedWrite<E>) {
  const { writing, manifest, discard } = yield* putVersion(ask, write)
  const outcome = yield* commitManifest(ask, { ...write, manifest, isInsert: true })
  if (outcome === "expired") return yield* expired(writing)
  if (outcome === "occupied") yield* Effect.ignore(discard)
  return outcome === "committed"
})
