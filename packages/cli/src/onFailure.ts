import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

/** Says what went wrong in one line on the error output, and ends the process as failed. */
export const onFailure = (error: unknown): Effect.Effect<void> => {
  const tag = typeof error === "object" && error !== null && "_tag" in error ? `${String(error._tag)}: ` : ""
  const message = error instanceof Error ? error.message : String(error)
  return Effect.andThen(
    Console.error(`framedb: ${tag}${message}`),
    Effect.sync(() => {
      process.exitCode = 1
    }),
  )
}
