/** Streams of bytes in pieces of any size, cut anew into pieces of one size. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"

/** Memory that is about to be written over: filling it with zeros first would be for nothing. */
export const unfilled = (bytes: number): Uint8Array<ArrayBuffer> => {
  const { buffer } = Buffer.allocUnsafeSlow(bytes)
  return new Uint8Array(buffer)
}

/** Pieces of one size, the last one shorter. */
export interface Pieces<E> {
  readonly pieceBytes: number
  readonly stream: Stream.Stream<Uint8Array<ArrayBuffer>, E>
  /** Gives a piece back that nobody reads any more: its memory is used again. */
  readonly release: (piece: Uint8Array<ArrayBuffer>) => void
}

/** The most pieces whose memory waits to be used again: as many as are on their way at once. */
const maxFree = 6

const changed = () =>
  new InvalidArgument({
    argument: "data",
    message: "a buffer was transferred away or resized while it was being written",
  })

/** Gathers bytes into pieces. Holds one piece, and what it was given and has not used yet. */
class Filler {
  readonly #pieceBytes: number
  /** Memory to be used again: fresh memory costs more than the copy that goes into it, and then its collection. */
  readonly #free: Array<Uint8Array<ArrayBuffer>> = []
  #waiting: ReadonlyArray<Uint8Array> = []
  /** How many bytes each of them had when it came. */
  #lengths: ReadonlyArray<number> = []
  /** Which of them is cut, and how far it has been. */
  #at = 0
  #offset = 0
  #piece: Uint8Array<ArrayBuffer> | undefined
  #filled = 0

  constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes
  }

  /** Takes over what is to be cut next; only when `next` has nothing more to give. */
  add(pieces: ReadonlyArray<Uint8Array>): void {
    this.#waiting = pieces
    this.#lengths = pieces.map((piece) => piece.byteLength)
    this.#at = 0
  }

  /** A full piece, or `undefined` where more bytes are needed for it. Throws where a buffer was transferred away or resized. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    for (let first = this.#waiting[this.#at]; first !== undefined; first = this.#waiting[this.#at]) {
      if (first.byteLength !== this.#lengths[this.#at]) throw changed()
      this.#copyFrom(first)
      if (this.#offset === first.byteLength) {
        this.#at++
        this.#offset = 0
      }
      if (this.#filled === this.#pieceBytes) return this.rest()
    }
    this.#waiting = []
    return undefined
  }

  /** What is gathered, if anything. */
  rest(): Uint8Array<ArrayBuffer> | undefined {
    const piece = this.#piece
    const filled = this.#filled
    this.#piece = undefined
    this.#filled = 0
    if (piece === undefined || filled === 0) return undefined
    return filled === piece.byteLength ? piece : piece.slice(0, filled)
  }

  /** Takes the memory of a piece back. */
  release(piece: Uint8Array<ArrayBuffer>): void {
    if (piece.byteLength === this.#pieceBytes && this.#free.length < maxFree) this.#free.push(piece)
  }

  #copyFrom(bytes: Uint8Array): void {
    this.#piece ??= this.#free.pop() ?? unfilled(this.#pieceBytes)
    const end = Math.min(bytes.byteLength, this.#offset + this.#pieceBytes - this.#filled)
    this.#piece.set(bytes.subarray(this.#offset, end), this.#filled)
    this.#filled += end - this.#offset
    this.#offset = end
  }
}

/**
 * Cuts a stream into pieces of `pieceBytes`, to be run once. The pieces are copies: a producer may use its buffers again.
 * One piece is asked for at a time. A buffer that gets another length before it has been copied is a defect: nothing can
 * tell which bytes were meant.
 */
export const fixedPieces = <E>(stream: Stream.Stream<Uint8Array, E>, pieceBytes: number): Pieces<E> => {
  type Next = Pull.Pull<readonly [Uint8Array<ArrayBuffer>], E>
  const filler = new Filler(pieceBytes)
  let isDone = false
  const nextOf = (pull: Pull.Pull<ReadonlyArray<Uint8Array>, E>): Next => {
    const next: Next = Effect.suspend((): Next => {
      const piece = filler.next()
      if (piece !== undefined) return Effect.succeed([piece])
      if (isDone) return Cause.done()
      return Pull.matchEffect(pull, {
        onSuccess: (pieces): Next => {
          filler.add(pieces)
          return next
        },
        onFailure: (cause): Next => Effect.failCause(cause),
        onDone: (): Next => {
          isDone = true
          const last = filler.rest()
          return last === undefined ? Cause.done() : Effect.succeed([last])
        },
      })
    })
    return next
  }
  return {
    pieceBytes,
    stream: Stream.transformPull(stream, (pull) => Effect.sync(() => nextOf(pull))),
    release: (piece) => filler.release(piece),
  }
}
