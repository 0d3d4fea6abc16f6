import { InvalidArgument } from "@framedb/core"
import type { CallOptions } from "./Runner.ts"

/** What a method is given beside its signal. */
interface Split<Options> {
  readonly options: Options
  readonly signal: AbortSignal | undefined
}

const refused = (argument: string, what: string, value: unknown): InvalidArgument => {
  const kind = value === null ? "null" : typeof value
  return new InvalidArgument({ argument, message: `${argument} has to be ${what}, and is ${kind}` })
}

/** The error to reject with where plain JavaScript passes no options, or none that are an object. */
export const problemOfRecord = (options: unknown): InvalidArgument | undefined =>
  typeof options === "object" && options !== null ? undefined : refused("options", "an object", options)

/** By what is called on it: a signal of another realm, such as a test runner's, is one, too. */
const isSignal = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "aborted" in value &&
  "addEventListener" in value &&
  typeof value.addEventListener === "function"

/**
 * Takes a signal out of a method's options; the error to reject with where plain JavaScript passes no options, none that are an
 * object, or a signal that is none, which could not stop what has begun.
 */
export const splitOptions = <Options extends object>(
  given: Options & CallOptions,
): Split<Options> | InvalidArgument => {
  const problem = problemOfRecord(given)
  if (problem !== undefined) return problem
  const { signal, ...options } = given
  if (signal !== undefined && !isSignal(signal)) return refused("signal", "an AbortSignal", signal)
  // The rest is what `Options` has; TypeScript does not see through the rest of a generic.
  return { options: options as unknown as Options, signal }
}
