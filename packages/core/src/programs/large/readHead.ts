import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { joinBytes } from "../../storage/collectBytes.ts"
import { fixedPieces, type Pieces } from "./fixedPieces.ts"

/** The beginning of a stream: all of it, or the stream again as it was. */
export type Head<E> =
  | { readonly _tag: "Whole"; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly _tag: "More"; readonly body: Pieces<E> }

/** Up to where a stream is gathered, and in pieces of which size. In bytes. */
export interface HeadBounds {
  readonly wholeBytes: number
  readonly pieceBytes: number
}

/** Reads a stream until it ends or has given more than `wholeBytes`. Holds at most that and a piece. */
export const readHead: <E>(
  stream: Stream.Stream<Uint8Array, E>,
  bounds: HeadBounds,
) => Effect.Effect<Head<E>, E, Scope.Scope> = Effect.fnUntraced(function* <E>(
  stream: Stream.Stream<Uint8Array, E>,
  { wholeBytes, pieceBytes }: HeadBounds,
) {
  const cut = fixedPieces(stream, pieceBytes)
  const pull = yield* Stream.toPull(cut.stream)
  const pieces: Array<Uint8Array<ArrayBuffer>> = []
  let sizeBytes = 0
  const isDone = Pull.matchEffect(pull, {
    onSuccess: (more) => {
      for (const piece of more) {
        pieces.push(piece)
        sizeBytes += piece.byteLength
      }
      return Effect.succeed(false)
    },
    onFailure: Effect.failCause,
    onDone: () => Effect.succeed(true),
  })
  while (sizeBytes <= wholeBytes) {
    if (!(yield* isDone)) continue
    const whole: Head<E> = { _tag: "Whole", data: joinBytes(pieces, sizeBytes) }
    return whole
  }
  // What is taken out of the list is the writer's: nothing here holds on to it.
  const taken = Stream.fromPull(
    Effect.succeed(
      Effect.suspend((): typeof pull => {
        const piece = pieces.shift()
        return piece === undefined ? pull : Effect.succeed([piece])
      }),
    ),
  )
  const more: Head<E> = { _tag: "More", body: { ...cut, stream: taken } }
  return more
})
