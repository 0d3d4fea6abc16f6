/** Whatever gives bytes, as a Stream. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isBytes, problemOfBytes } from "../../domain/Bytes.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"

/** Bytes from anywhere: whole, an iterable or async iterable of pieces (a Node Readable is one), or a web stream. */
export type ByteSource<E = never> =
  | Uint8Array
  | Stream.Stream<Uint8Array, E>
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>

const refused = (message: string) => new InvalidArgument({ argument: "data", message })

/** A source that fails says so itself; what it threw is told, cut short. */
const broken = (thrown: unknown): InvalidArgument =>
  refused(`the source of the bytes failed: ${thrown instanceof Error ? thrown.message.slice(0, 300) : typeof thrown}`)

/** An open web stream, as an async iterable whose end gives the lock back. */
const isWebStream = (source: object): source is ReadableStream<Uint8Array> =>
  "getReader" in source && typeof source.getReader === "function"

const checked = <E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | InvalidArgument> =>
  Stream.mapArrayEffect(stream, (pieces) =>
    pieces.every((piece) => problemOfBytes(piece) === undefined)
      ? Effect.succeed(pieces)
      : Effect.fail(refused("the source gave something else than a Uint8Array: open it without an encoding")),
  )

const piecesOf = <E>(source: ByteSource<E>): Stream.Stream<Uint8Array, E | InvalidArgument> => {
  if (isBytes(source)) return Stream.succeed(source)
  if (typeof source !== "object" || source === null) return Stream.fail(refused("a source of bytes is expected"))
  if (Stream.isStream(source)) return source
  if (isWebStream(source)) return Stream.fromReadableStream({ evaluate: () => source, onError: broken })
  if (Symbol.asyncIterator in source) return Stream.fromAsyncIterable(source, broken)
  if (Symbol.iterator in source) return Stream.fromIterable(source)
  return Stream.fail(refused("a source of bytes is a Uint8Array, a Stream, an iterable of Uint8Array, or a web stream"))
}

/**
 * Turns a source into a Stream of its bytes. Fails with `InvalidArgument` where it gives something else, or fails by itself.
 * The source is closed when the Stream ends, however it ends.
 */
export const toByteStream = <E = never>(source: ByteSource<E>): Stream.Stream<Uint8Array, E | InvalidArgument> =>
  checked(piecesOf(source))
