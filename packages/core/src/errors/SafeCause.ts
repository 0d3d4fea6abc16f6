/**
 * What of a driver's error may be shown.
 *
 * Drivers hang their arguments on errors (ioredis the command with its bytes, mysql2 the statement) and put URLs into
 * messages. Only the name, the code and a cleaned, shortened message go on.
 */

/** The longest message kept of a driver's error, in characters. */
const maxMessageCharacters = 300

/** Removes the user information of every URL in a text, and the text of passwords in `key=value` form. */
export const redactText = (text: string): string =>
  text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1<redacted>@")
    .replace(/\b(password|passwd|pwd|secret|token|auth)=[^\s&;,'"]+/gi, "$1=<redacted>")

/** A driver's error, reduced to what can be shown. */
export class SafeCause extends Error {
  override readonly name: string
  /** The driver's or the server's own code, such as `ECONNREFUSED` or `WRONGTYPE`. */
  readonly code: string | undefined

  constructor(name: string, message: string, code: string | undefined) {
    super(message)
    this.name = name
    this.code = code
    // The stack of a driver's callback names no line of the caller's, and its first line repeats the message.
    this.stack = `${name}: ${message}`
  }
}

const codeOf = (error: object): string | undefined => {
  if ("code" in error && (typeof error.code === "string" || typeof error.code === "number")) return String(error.code)
  return undefined
}

/** Reduces anything that was thrown to a `SafeCause`. */
export const safeCause = (thrown: unknown): SafeCause => {
  if (thrown instanceof SafeCause) return thrown
  if (!(thrown instanceof Error)) return new SafeCause("Error", `a ${typeof thrown} was thrown`, undefined)
  // Node's AggregateError has an empty message; its first part says what happened.
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : undefined
  const told = thrown.message === "" && inner instanceof Error ? inner : thrown
  const message = redactText(told.message).slice(0, maxMessageCharacters)
  return new SafeCause(thrown.name, message, codeOf(thrown) ?? codeOf(told))
}
