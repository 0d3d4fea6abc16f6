/** What can be said about how a message is published. */
import { problemOfBytes } from "../../domain/Bytes.ts"
import type { StreamEncoding } from "../../domain/StreamQueueInfo.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import { noHeaders, problemOfHeaders, type StreamHeaders } from "../../ports/StreamMessage.ts"

/** How a message is published. */
export interface PublishOptions {
  /** The instance that the queue is on. */
  readonly framedbId: string
  /** Short texts beside the data. A list keeps none. */
  readonly headers?: StreamHeaders
  /** How to keep a queue that does not exist yet: `list` for Python consumers. An existing one stays as it is. Default: `stream`. */
  readonly encoding?: StreamEncoding
  /** Remove the oldest messages beyond so many, but none that a group has still to acknowledge. Default: no bound. */
  readonly maxLength?: number
  /** Remove older messages, but none that a group has still to acknowledge. Default: no bound. */
  readonly maxAgeMillis?: number
}

/** The largest message, in bytes: 16 MiB, as for objects that are stored whole. */
export const maxMessageBytes = 16 * 1024 * 1024

const problemOfCount = (argument: string, value: number | undefined): InvalidArgument | undefined =>
  value === undefined || (Number.isInteger(value) && value > 0)
    ? undefined
    : new InvalidArgument({ argument, message: `${argument} is a whole number above 0` })

/** Says why a message can't be published so, or `undefined` where it can. Queue and instance are checked elsewhere. */
export const problemOfMessage = (
  queue: string,
  data: Uint8Array,
  { headers = noHeaders, encoding, maxLength, maxAgeMillis }: PublishOptions,
): InvalidArgument | ObjectTooLarge | undefined => {
  const dataProblem = problemOfBytes(data)
  if (dataProblem !== undefined) return new InvalidArgument({ argument: "data", message: `data ${dataProblem}` })
  if (data.byteLength > maxMessageBytes) {
    return new ObjectTooLarge({ key: queue, sizeBytes: data.byteLength, limitBytes: maxMessageBytes })
  }
  const headerProblem = headers === noHeaders ? undefined : problemOfHeaders(headers)
  if (headerProblem !== undefined) return new InvalidArgument({ argument: "headers", message: headerProblem })
  if (encoding !== undefined && encoding !== "stream" && encoding !== "list") {
    return new InvalidArgument({ argument: "encoding", message: 'encoding is "stream" or "list"' })
  }
  if (encoding === "list" && headers !== noHeaders && Object.keys(headers).length > 0) {
    return new InvalidArgument({ argument: "headers", message: "a list keeps no headers" })
  }
  return problemOfCount("maxLength", maxLength) ?? problemOfCount("maxAgeMillis", maxAgeMillis)
}
