/**
 * What of a driver's error may be shown.
 *
 * Drivers hang their arguments on errors (ioredis the command with its bytes, mysql2 the statement) and put URLs into
 * messages. Only the name, the code and a cleaned, shortened message go on.
 */

/** The longest message kept of a driver's error, in characters. */
const maxMessageCharacters = 300

/** The most of a text that is looked at, in characters: messages can hold what a server sent, however long that is. */
const maxTextCharacters = 8 * 1024

/** All up to the last `@` of a word: passwords that should have been percent-encoded hold slashes, too. */
const userInformation = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s'"<>]*@/gi
/** `password=x`, `"password":"x"`, but not what MySQL says of a password: `using password: YES`. */
const named = /\b(password|passwd|pwd|secret|token|auth|requirepass)(["']?\s*[=:]\s*)(?!YES\b|NO\b)(["']?)[^\s&;,'"]+/gi
const authorization = /\b(bearer|basic)\s+[^\s,;'"]+/gi

/**
 * Removes what may be a credential from a text: the user information of URLs, named passwords and tokens, and values of an
 * `Authorization` header. Gives at most 8,192 characters.
 */
export const redactText = (text: string): string =>
  text
    .slice(0, maxTextCharacters)
    .replace(userInformation, "$1<redacted>@")
    .replace(named, "$1$2$3<redacted>")
    .replace(authorization, "$1 <redacted>")

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
