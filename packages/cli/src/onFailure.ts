import { CliError } from "effect/cli"
import * as Effect from "effect/Effect"
import { InvalidArgument } from "framedb"
import { complain } from "./say.ts"

/** Exit codes: what was asked was not done, or can't be asked so. */
const failed = 1
const refused = 2

const tagOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : undefined

/** A variable that is missing or can't be read, from the words of the schema that looked for it. */
const variableIn = (message: string): string | undefined => /\["([A-Z0-9_]+)"\]/.exec(message)?.[1]

/** What the library says of a missing storage is about arguments that nobody has here. */
const noStorage = "say where the backups lie: with --folder, or in FRAMEDB_S3_BUCKET or FRAMEDB_FOLDER_PATH"

const isNoStorage = (error: unknown): boolean => error instanceof InvalidArgument && error.argument === "storage"

/** What went wrong, in one line. */
export const errorText = (error: unknown): string => {
  const tag = tagOf(error)
  const message = error instanceof Error ? error.message : String(error)
  const variable = tag === "ConfigError" ? variableIn(message) : undefined
  if (variable !== undefined) return `${tag}: ${variable} is not set, or can't be used`
  if (isNoStorage(error)) return `${tag}: ${noStorage}`
  return `${tag === undefined ? "" : `${tag}: `}${message}`.replaceAll(/\s*\n\s*/g, " ")
}

const codeOf = (error: unknown): number => {
  const tag = tagOf(error)
  return tag === "InvalidArgument" || tag === "ConfigError" || tag === "ShowHelp" ? refused : failed
}

/** Help that was asked for is no failure, and a faulty command line has been told of. */
const isToldAlready = (error: unknown): boolean => CliError.isCliError(error)

const isHelp = (error: unknown): boolean =>
  CliError.isCliError(error) && error._tag === "ShowHelp" && error.errors.length === 0

/** Says what went wrong in one line on the error output, and ends the process with 1, or 2 for what can't be asked so. */
export const onFailure = (error: unknown): Effect.Effect<void> =>
  Effect.andThen(
    isToldAlready(error) ? Effect.void : complain(`framedb: ${errorText(error)}`),
    Effect.sync(() => {
      process.exitCode = isHelp(error) ? 0 : codeOf(error)
    }),
  )
