/**
 * Streams that go on from another place when the one they are read from goes away in the middle.
 *
 * What another place holds counts only when it is of the very same bytes. What is damaged is no reason to go on: that
 * shall be seen.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { BackendError } from "../../errors/BackendError.ts"
import { sha256 } from "../backups/digest.ts"
import type { ReadChunksError, Span } from "./readChunked.ts"
import { type StoredBytes, sizeOfStored } from "./StoredBytes.ts"

type Bytes = Stream.Stream<Uint8Array<ArrayBuffer>, ReadChunksError>

/** Reads a span of what was found at one place. */
export type ReadSpan = (span: Span) => Bytes

const mayGoOn = (error: ReadChunksError): boolean => error instanceof BackendError && error.isRetryable

/** Whether what is found elsewhere holds the same bytes as an object in chunks. */
export const holdsSame = (object: StoredBytes & { readonly _tag: "Chunked" }, other: StoredBytes): boolean =>
  sizeOfStored(other) === object.manifest.sizeBytes &&
  (other._tag === "Plain" ? sha256(other.data) : other.manifest.sha256) === object.manifest.sha256

/**
 * Reads a span, each time it breaks going on from where it was at the next of the other places; each is asked once. Fails
 * with the first failure when no place is left.
 */
export const continuing = (
  read: ReadSpan,
  span: Span,
  others: ReadonlyArray<Effect.Effect<Option.Option<ReadSpan>, ReadChunksError>>,
): Bytes =>
  Stream.suspend(() => {
    let at = span.start
    const counted = Stream.map(read(span), (piece) => {
      at += piece.byteLength
      return piece
    })
    const goOn = (error: ReadChunksError, [next, ...rest]: typeof others): Bytes => {
      if (next === undefined || !mayGoOn(error)) return Stream.fail(error)
      const found = Effect.orElseSucceed(next, () => Option.none<ReadSpan>())
      return Stream.unwrap(
        Effect.map(
          found,
          Option.match({
            onNone: () => goOn(error, rest),
            onSome: (other) => continuing(other, { start: at, end: span.end }, rest),
          }),
        ),
      )
    }
    return Stream.catch(counted, (error) => goOn(error, others))
  })
