import type * as Effect from "effect/Effect"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { QueueName } from "../domain/QueueName.ts"
import type { BackendError } from "../errors/BackendError.ts"

/** What a producer says of a message: short texts under short names. */
export type StreamHeaders = { readonly [name: string]: string }

/** The headers of a message that has none. */
export const noHeaders: StreamHeaders = Object.freeze({})

/** Header names that begin so are the client's own: a dead letter tells its story in them. */
export const reservedHeaderPrefix = "framedb:"

/** The most bytes of all names and values of a message's headers together. */
export const maxHeaderBytes = 64 * 1024

/** How a message is given back. */
export interface NackOptions {
  /**
   * How long nobody gets it, in milliseconds. Default 0: this listener when it next asks, or another when that looks for
   * what was given back: within a quarter of the visibility timeout, at most a second, while nothing else comes.
   */
  readonly delayMillis?: number
  /** Why, for the dead letter that it becomes when this was its last delivery. */
  readonly reason?: string
}

/**
 * A message taken from a queue. The bytes belong to the caller.
 *
 * Each of `ack`, `nack` and `extend` says whether the message was still this listener's: `false` when it had been
 * settled already, or was given to somebody else because its time had run out. With `ack: "auto"` they may be called too,
 * and what they settled is not settled again.
 */
export interface StreamMessage {
  /** Unique in its queue and in the order of the queue; a redelivery has the same. */
  readonly id: string
  readonly queue: QueueName
  readonly framedbId: FramedbId
  readonly data: Uint8Array<ArrayBuffer>
  readonly headers: StreamHeaders
  /** How often it was given out, this time included. More than 1 means that someone may have handled it before. */
  readonly attempts: number
  /** When it was published, in milliseconds since 1970; `undefined` on a list, which does not keep it. */
  readonly publishedAtMillis: number | undefined
  /** The message is handled, and goes. */
  readonly ack: Effect.Effect<boolean, BackendError>
  /** The message is given back, and counts as tried: on its last delivery it becomes a dead letter at once. */
  readonly nack: (options?: NackOptions) => Effect.Effect<boolean, BackendError>
  /** Nobody else gets the message for so many milliseconds from now, or the listener's visibility timeout. */
  readonly extend: (millis?: number) => Effect.Effect<boolean, BackendError>
}

/** A message seen by following a queue: it was not taken, so there is nothing to settle. */
export type TailMessage = Omit<StreamMessage, "ack" | "nack" | "extend" | "attempts">

/** Says what is wrong with the headers of a message, or `undefined` where nothing is. */
export const problemOfHeaders = (headers: unknown): string | undefined => {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return "headers are a plain object"
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") return `the header ${JSON.stringify(name)} is not a string`
    if (name === "" || name === "data") return `a header can't be named ${JSON.stringify(name)}`
    if (name.startsWith(reservedHeaderPrefix))
      return `header names that begin with "${reservedHeaderPrefix}" are reserved`
    if (!name.isWellFormed() || !value.isWellFormed()) return "headers are well-formed Unicode"
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  return bytes <= maxHeaderBytes ? undefined : `headers take ${bytes} bytes, at most ${maxHeaderBytes}`
}
