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

/** A source that never waits would keep signals, timers and everyone else from their turn: in between they get one. */
const piecesPerTurn = 256

const checked = <E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | InvalidArgument> =>
  Stream.suspend(() => {
    let untilTurn = piecesPerTurn
    return Stream.mapArrayEffect(stream, (pieces) => {
      if (!pieces.every((piece) => problemOfBytes(piece) === undefined)) {
        return Effect.fail(refused("the source gave something else than a Uint8Array: open it without an encoding"))
      }
      untilTurn -= pieces.length
      if (untilTurn > 0) return Effect.succeed(pieces)
      untilTurn = piecesPerTurn
      return Effect.as(Effect.yieldNow, pieces)
    })
  })

/**
 * Asks for one piece at a time, since each may be large, or lie in memory that the next one is put into, and closes the
 * source at the end. Whatever goes wrong on the way is a failure of the source; what closing throws changes nothing any more.
 */
const oneByOne = (open: () => AsyncIterator<Uint8Array>): Stream.Stream<Uint8Array, InvalidArgument> => {
  const opened = Effect.try({ try: open, catch: broken })
  const closingOf = (iterator: AsyncIterator<Uint8Array>) => async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      await iterator.return?.()
    } catch {}
    return { done: true, value: undefined }
  }
  return Stream.unwrap(
    Effect.map(opened, (iterator) => {
      // Also where what it gives is no result, and has no bytes.
      const next = async () => ({ ...(await iterator.next()) })
      const steps = { next, return: closingOf(iterator) }
      return Stream.fromAsyncIterable({ [Symbol.asyncIterator]: () => steps }, broken)
    }),
  )
}

async function* awaited(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield piece
}

const piecesOf = <E>(source: ByteSource<E>): Stream.Stream<Uint8Array, E | InvalidArgument> => {
  if (isBytes(source)) return Stream.succeed(source)
  if (typeof source !== "object" || source === null) return Stream.fail(refused("a source of bytes is expected"))
  if (Stream.isStream(source)) return source
  if (isWebStream(source)) {
    if (source.locked) return Stream.fail(refused("the web stream is locked: somebody else reads it"))
    return Stream.fromReadableStream({ evaluate: () => source, onError: broken })
  }
  if (Symbol.asyncIterator in source) return oneByOne(() => source[Symbol.asyncIterator]())
  // All of an array is there already.
  if (Array.isArray(source)) return Stream.fromIterable(source)
  if (Symbol.iterator in source) return oneByOne(() => awaited(source))
  return Stream.fail(refused("a source of bytes is a Uint8Array, a Stream, an iterable of Uint8Array, or a web stream"))
}

/**
 * Turns a source into a Stream of its bytes. Fails with `InvalidArgument` where it gives something else, or fails by itself.
 * The source is closed when the Stream ends, however it ends.
 */
export const toByteStream = <E = never>(source: ByteSource<E>): Stream.Stream<Uint8Array, E | InvalidArgument> =>
  checked(piecesOf(source))
