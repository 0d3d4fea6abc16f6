/** Something that bytes are written to. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { type FileFailed, unwritten } from "./fileProblem.ts"

/** An open sink, written by one caller at a time and ended in exactly one of two ways. */
export interface Sink {
  readonly write: (piece: Uint8Array) => Promise<void>
  /** Everything is written: keeps it. */
  readonly finish: () => Promise<void>
  /** Something failed, `finish` perhaps, or was interrupted: leaves as little behind as it can. Never rejects. */
  readonly discard: () => Promise<void>
}

/** Writes a stream to a sink that is opened for it, holding one piece. `path` is for messages. */
export const writeInto = <E, E2>(
  path: string,
  open: Effect.Effect<Sink, E2>,
  data: Stream.Stream<Uint8Array, E>,
): Effect.Effect<void, E | E2 | FileFailed> => {
  const attempt = (run: () => Promise<void>) => Effect.tryPromise({ try: run, catch: unwritten(path) })
  return Effect.acquireUseRelease(
    open,
    (sink) =>
      Effect.andThen(
        Stream.runForEach(data, (piece) => attempt(() => sink.write(piece))),
        // From here on it is all or nothing, and soon over.
        Effect.uninterruptible(attempt(sink.finish)),
      ),
    (sink, exit) => (Exit.isSuccess(exit) ? Effect.void : Effect.promise(sink.discard)),
  )
}
