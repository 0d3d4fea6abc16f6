import { InvalidArgument } from "@framedb/core"
import type { CallOptions } from "./Runner.ts"

/** What a method is given beside its signal. */
interface Split<Options> {
  readonly options: Options
  readonly signal: AbortSignal | undefined
}

/** Takes a signal out of a method's options; the error to reject with where plain JavaScript passes no options, or none that are an object. */
export const splitOptions = <Options extends object>(
  given: Options & CallOptions,
): Split<Options> | InvalidArgument => {
  if (typeof given !== "object" || given === null) {
    const kind = given === null ? "null" : typeof given
    return new InvalidArgument({ argument: "options", message: `options has to be an object, and is ${kind}` })
  }
  const { signal, ...options } = given
  // The rest is what `Options` has; TypeScript does not see through the rest of a generic.
  return { options: options as unknown as Options, signal }
}
