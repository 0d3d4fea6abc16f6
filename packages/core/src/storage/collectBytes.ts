/** Streams of bytes, gathered whole. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BackendError } from "../errors/BackendError.ts"
import type { ObjectStorageService, StorageRange, StoredInfo } from "../ports/ObjectStorage.ts"
import { storageError } from "./storageError.ts"

/** Gathers a stream of bytes into one buffer of its own. */
export const collectBytes = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
): Effect.Effect<Uint8Array<ArrayBuffer>, E, R> =>
  Effect.map(
    Stream.runFold(
      stream,
      (): { readonly pieces: Array<Uint8Array>; sizeBytes: number } => ({ pieces: [], sizeBytes: 0 }),
      (gathered, piece) => {
        gathered.pieces.push(piece)
        gathered.sizeBytes += piece.byteLength
        return gathered
      },
    ),
    ({ pieces, sizeBytes }) => joinBytes(pieces, sizeBytes),
  )

/** Joins pieces into one buffer that holds nothing else. */
export const joinBytes = (pieces: ReadonlyArray<Uint8Array>, sizeBytes: number): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(sizeBytes)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.byteLength
  }
  return whole
}

/** An object read whole, or the asked range of it. */
export interface ReadBytes {
  readonly info: StoredInfo
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Bounds of a read into memory. */
export interface ReadBytesOptions {
  readonly range?: StorageRange
  /** The most bytes to load; a larger object fails as `Rejected` before its body is read. */
  readonly maxBytes?: number
}

/** Reads an object into memory; `None` where there is none. */
export const readBytes = (
  storage: ObjectStorageService,
  name: string,
  options: ReadBytesOptions = {},
): Effect.Effect<Option.Option<ReadBytes>, BackendError> =>
  Effect.scoped(
    Effect.flatMap(
      storage.get(name, options.range),
      (found): Effect.Effect<Option.Option<ReadBytes>, BackendError, Scope.Scope> => {
        if (Option.isNone(found)) return Effect.succeedNone
        const { body, info } = found.value
        const limit = options.maxBytes
        if (limit !== undefined && options.range === undefined && info.sizeBytes > limit) {
          const message = `${info.sizeBytes} bytes are stored where at most ${limit} are expected`
          return Effect.fail(storageError("get", "Rejected", message))
        }
        return Effect.map(collectBytes(body), (bytes) => Option.some({ info, bytes }))
      },
    ),
  )
