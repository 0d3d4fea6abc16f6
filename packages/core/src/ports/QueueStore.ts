import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { QueueName } from "../domain/QueueName.ts"
import type { StreamEncoding, StreamQueueInfo } from "../domain/StreamQueueInfo.ts"
import type { StreamStart } from "../domain/StreamStart.ts"
import type { BackendError } from "../errors/BackendError.ts"
import type { StreamHeaders } from "./StreamMessage.ts"

/** What a queue store can hold and how it likes to be asked. */
export interface QueueLimits {
  /** The largest message, in bytes of data. Callers check it before they publish. */
  readonly messageBytes: number
  /** The most messages of one batch, published or received. */
  readonly batchMessages: number
  /** The most bytes that one batch should hold, counted in data. A single larger message is a batch of its own. */
  readonly batchBytes: number
}

/**
 * How many batches of one publisher may be under way at once: one for the instance to work on, and one that this process
 * prepares meanwhile. A third measured no faster.
 */
export const publishBatchesInFlight = 2

/** A message to be published. The store reads `data` until the call has ended and never changes it. */
export interface QueueEntry {
  readonly data: Uint8Array
  readonly headers: StreamHeaders
}

/** Messages for one queue, in order. */
export interface PublishBatch {
  readonly queue: QueueName
  readonly messages: ReadonlyArray<QueueEntry>
  /** How to keep a queue that does not exist yet; an existing one stays as it is. */
  readonly encoding: StreamEncoding
  /**
   * Who publishes, and the how-manieth of its batches for this queue this is. A batch that is sent again with the same
   * number is not added again and answers the same ids, until `publishBatchesInFlight` later ones have been added; then it
   * is refused.
   */
  readonly publisher: string
  readonly sequence: number
  /**
   * Whether the batch before is still under way: then this one is added only after it, so that the order holds when that
   * one fails. It is `Rejected` with the code `OUTOFORDER` where the one before has not been added.
   */
  readonly isFollowing: boolean
  /** Remove the oldest messages beyond so many. Never those that a group has still to acknowledge. */
  readonly maxLength: number | undefined
  /** Remove messages that are older. Never those that a group has still to acknowledge. */
  readonly maxAgeMillis: number | undefined
}

/** A message as a store gives it out: `data` is the receiver's to keep, its `ArrayBuffer` is its own. */
export interface QueueDelivery {
  readonly id: string
  readonly data: Uint8Array<ArrayBuffer>
  readonly headers: StreamHeaders
  /** How often it was given out, this time included. */
  readonly attempts: number
  readonly publishedAtMillis: number | undefined
}

/** How a consumer takes part in a group. */
export interface ConsumerOptions {
  readonly queue: QueueName
  /** The consumers of one group share the messages; each group gets all. A list has one group, whatever the name. */
  readonly group: string
  /** Unique among the consumers that live. A new consumer with the name of a dead one takes over what that one held. */
  readonly consumer: string
  /** Where a group begins that does not exist yet. */
  readonly from: StreamStart
  /** A message that is not settled for so long is given to someone else, in milliseconds. */
  readonly visibilityTimeoutMillis: number
  /** After so many deliveries a message is not given out again but becomes a dead letter. At least 1. */
  readonly maxDeliveries: number
  /** Whether acknowledged messages stay in the stream, for other readers, until a bound of `publish` removes them. */
  readonly keepAcknowledged: boolean
  /** Whether `receive` will be asked to wait. A consumer that never waits needs no connection of its own. */
  readonly mayWait: boolean
  /** Whether the receiver still has a message: asked after a failure, to find what was given out and never arrived. */
  readonly isHeld: (id: string) => boolean
}

/** How much to take, and how long to wait for it. */
export interface ReceiveOptions {
  readonly maxMessages: number
  /** How long to wait for the first one, in milliseconds. */
  readonly waitMillis: number
}

/** What was received, or why nothing could be. */
export type Received = Exit.Exit<ReadonlyArray<QueueDelivery>, BackendError>

/** A message to be given back. */
export interface QueueRelease {
  readonly id: string
  /** How long nobody gets it, in milliseconds. */
  readonly delayMillis: number
  /** What goes into the dead letter; `undefined` gives the message back as if it had not been given out. */
  readonly reason: string | undefined
}

/**
 * One consumer of a group, with a connection of its own where waiting needs one. It heals itself: after a failure that
 * is retryable the same call may succeed. What others delete under it (the queue, the group, everything) is made again.
 *
 * When its scope closes it stops waiting at once, everything given to it that is not settled goes back uncounted, and
 * its connection is closed.
 */
export interface QueueConsumer {
  /**
   * Takes up to `maxMessages`, waiting up to `waitMillis` for the first: what was given back and is due, what a dead
   * consumer held, then what is new, in the order of the queue. It may return nothing before the time is over, as it does once
   * after it has looked for what is due or abandoned: whoever waits asks again. What has
   * been delivered often comes in smaller batches, at last alone, so that what kills its consumer condemns no other.
   * One call at a time.
   */
  readonly receive: (options: ReceiveOptions) => Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError>
  /**
   * As `receive`, for who has no fiber and wants none: on an idle queue resuming one is a good part of a delivery. Calls
   * `resume` once, and gives a function that stops the waiting, after which `resume` is not called. Gives nothing, and does
   * nothing, where more than waiting is due, which is for `receive`. Optional: without it `receive` does.
   */
  readonly startReceive?: (options: ReceiveOptions, resume: (received: Received) => void) => (() => void) | undefined
  /** The messages are handled. Removes them from the queue unless another group needs them. Gives how many were open. */
  readonly acknowledge: (ids: ReadonlyArray<string>) => Effect.Effect<number, BackendError>
  /**
   * Gives messages back, and says for each whether it was this consumer's. One with a reason that has been delivered
   * `maxDeliveries` times becomes a dead letter, in the same step.
   */
  readonly release: (releases: ReadonlyArray<QueueRelease>) => Effect.Effect<ReadonlyArray<boolean>, BackendError>
  /** Keeps messages from others for so long from now, and says for each whether it was (and is) this consumer's. */
  readonly extend: (ids: ReadonlyArray<string>, millis: number) => Effect.Effect<ReadonlyArray<boolean>, BackendError>
}

/** Follows a stream without taking anything from it. */
export interface QueueTail {
  /** The next messages, waiting up to `waitMillis` for the first. One call at a time. Nothing when none came. */
  readonly receive: (options: ReceiveOptions) => Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError>
}

/**
 * Queues on one open instance. Every call ends within the backend's deadline (that of a waiting one begins when the
 * waiting ends). A queue name that holds something else fails with the reason `Rejected`, code `WRONGTYPE`.
 */
export interface QueueStore {
  readonly limits: QueueLimits
  /**
   * Adds messages at the end, all or none, and gives their ids in order. A list keeps no headers, so that with any it is
   * `Rejected` with the code `NOHEADERS`, and numbers its messages when they are taken, so that the ids are empty.
   */
  readonly publish: (batch: PublishBatch) => Effect.Effect<ReadonlyArray<string>, BackendError>
  /**
   * As `publish`, for who has no fiber and wants none: one costs a lone message a tenth of its way. Calls `resume` once; can't
   * be stopped. Optional: without it `publish` does.
   */
  readonly startPublish?: (
    batch: PublishBatch,
    resume: (exit: Exit.Exit<ReadonlyArray<string>, BackendError>) => void,
  ) => void
  /** Joins a group. A group that does not exist is made, and begins at `from`. */
  readonly subscribe: (options: ConsumerOptions) => Effect.Effect<QueueConsumer, BackendError, Scope.Scope>
  /** Follows a queue, from a place. A list can't be followed: `Rejected`. */
  readonly tail: (queue: QueueName, from: StreamStart) => Effect.Effect<QueueTail, BackendError, Scope.Scope>
  /** A look at a queue. */
  readonly info: (queue: QueueName, group: string) => Effect.Effect<Omit<StreamQueueInfo, "framedbId">, BackendError>
  /**
   * Puts up to `maxMessages` dead letters, the oldest first, back at the end of their queue with their own headers,
   * each in one step, and gives how many.
   */
  readonly redrive: (queue: QueueName, maxMessages: number) => Effect.Effect<number, BackendError>
}
