/**
 * The standard output, and what becomes of a command when nothing can be written there any more.
 *
 * A command whose result is what it prints ends then: well where the reader has had enough, such as `head`, else with what is
 * wrong. One that changes or checks something goes on to its end, and its exit code tells the result.
 */
import * as Effect from "effect/Effect"
import { type FileFailed, unwritten } from "./fileProblem.ts"
import type { Sink } from "./Sink.ts"

const name = "the standard output"

const endOf = (error: NodeJS.ErrnoException): Effect.Effect<void, FileFailed> =>
  error.code === "EPIPE" ? Effect.void : Effect.fail(unwritten(name)(error))

/** Resolves when a piece is written. What fails leaves it waiting for the command's end, so that nothing is done in between. */
const write = (piece: Uint8Array | string) =>
  new Promise<void>((resolve) => {
    process.stdout.write(piece, (error) => {
      if (error === null || error === undefined) resolve()
    })
  })

/** Ends a command with the output. */
export const endsWithOutput = <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<void, E | FileFailed, R> => {
  const end: Effect.Effect<void, FileFailed> = Effect.callback((resume) => {
    // Listened to until the end of the process: what is written while the command is being ended fails as well.
    process.stdout.on("error", (error) => resume(endOf(error)))
  })
  return Effect.raceFirst(
    Effect.andThen(
      command,
      Effect.promise(() => write("")),
    ),
    end,
  )
}

/** When everything is written, or nothing can be. */
const settled = Effect.promise(
  () => new Promise<void>((resolve) => void process.stdout.write("", () => setImmediate(resolve))),
)

/** Lets a command go on without the output; it fails afterwards where that has ended otherwise than by its reader's going. */
export const outlivesOutput = <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<void, E | FileFailed, R> =>
  Effect.suspend(() => {
    let end: Effect.Effect<void, FileFailed> = Effect.void
    process.stdout.on("error", (error) => {
      end = endOf(error)
    })
    return Effect.andThen(
      Effect.andThen(command, settled),
      Effect.suspend(() => end),
    )
  })

const nothing = () => Promise.resolve()

/** The standard output as a sink. */
export const standardOutput: Sink = { write, finish: nothing, discard: nothing }

/** Writes a line, and goes on when it is written: for what must not be forgotten before. */
export const writeLine = (line: string): Effect.Effect<void> => Effect.promise(() => write(`${line}\n`))
