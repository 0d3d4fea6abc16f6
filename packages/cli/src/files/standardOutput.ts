/** The standard output, whose failures end the command: whatever it would do next could not be told. */
import * as Effect from "effect/Effect"
import { type FileFailed, unwritten } from "./fileProblem.ts"
import type { Sink } from "./Sink.ts"

const name = "the standard output"

/** Ends when nothing can be written any more: well where the reader has had enough, such as `head`, else with what is wrong. */
export const outputEnd: Effect.Effect<void, FileFailed> = Effect.callback((resume) => {
  // Listened to until the end of the process: what is written while the command is being ended fails as well.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    resume(error.code === "EPIPE" ? Effect.void : Effect.fail(unwritten(name)(error)))
  })
})

/** Resolves when a piece is written. What fails leaves it waiting for `outputEnd`, so that nothing is done in between. */
const write = (piece: Uint8Array | string) =>
  new Promise<void>((resolve) => {
    process.stdout.write(piece, (error) => {
      if (error === null || error === undefined) resolve()
    })
  })

const nothing = () => Promise.resolve()

/** The standard output as a sink. */
export const standardOutput: Sink = { write, finish: nothing, discard: nothing }

/** Writes a line, and goes on when it is written: for what must not be forgotten before. */
export const writeLine = (line: string): Effect.Effect<void> => Effect.promise(() => write(`${line}\n`))
