/** Lines for people and programs. */
import * as Console from "effect/Console"
import type * as Effect from "effect/Effect"
import { printable } from "./printable.ts"

/** A line as it is written to an output: exact for files and programs, printable for a person's terminal. */
export const lineFor = (output: { readonly isTTY?: boolean | undefined }, line: string): string =>
  output.isTTY === true ? printable(line) : line

/** Writes a line to the standard output. */
export const say = (line: string): Effect.Effect<void> => Console.log(lineFor(process.stdout, line))

/** Writes a line to the error output, which may end up on a terminal by ways of its own: printable always. */
export const complain = (line: string): Effect.Effect<void> => Console.error(printable(line))
