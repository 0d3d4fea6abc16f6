import type { FramedbId } from "./FramedbId.ts"
import type { QueueName } from "./QueueName.ts"

/** How a queue is kept: as a Redis Stream, or as a list, which Python clients use. */
export type StreamEncoding = "stream" | "list"

/** A look at a queue, from the side of one group. */
export interface StreamQueueInfo {
  readonly queue: QueueName
  readonly framedbId: FramedbId
  /** `undefined` where there is no such queue (yet, or any more: an empty list is no list). */
  readonly encoding: StreamEncoding | undefined
  /** Messages that are kept, delivered or not. */
  readonly length: number
  /** Messages that were given to a listener of the group and are not settled. */
  readonly pending: number
  /** Messages that the group has not been given yet. */
  readonly lag: number
  /** The age of the oldest message that is kept, in milliseconds; `undefined` when there is none, or on a list. */
  readonly oldestAgeMillis: number | undefined
  /** Listeners of the group, the dead included until they are forgotten. */
  readonly consumers: number
  /** The id that was given last, also of a message that has gone; `undefined` before the first, and on a list. */
  readonly newestId: string | undefined
  /** Messages in the queue's dead-letter queue. */
  readonly deadLetters: number
}
