/**
 * The dead-letter queue of a queue: an ordinary queue beside it, whose messages keep data and headers and say in
 * reserved headers where they come from.
 */
import { hashTagOf, slotTagOf } from "./keySlot.ts"
import type { QueueName } from "./QueueName.ts"

/** The reserved headers of a dead letter. */
export const deadLetterHeaders = {
  /** The id that the message had in its queue. */
  id: "framedb:id",
  /** How often it was given out. */
  attempts: "framedb:attempts",
  /** Why the last attempt failed. */
  reason: "framedb:reason",
  /** The group that gave it up. */
  group: "framedb:group",
} as const

/**
 * A key prefix in the same slot of a Redis Cluster as the queue: the queue itself where it has a hash tag, else all of its
 * name as one. A name that holds a `}` can't be a tag, so that it is put behind a short tag with its slot.
 */
export const slotPrefixOf = (queue: string): string => {
  if (hashTagOf(queue) !== undefined) return queue
  return queue.includes("}") ? `{${slotTagOf(queue)}}${queue}` : `{${queue}}`
}

/** The name of the dead-letter queue of a queue. It shares the slot, so that a message moves there in one step. */
export const deadLetterQueueOf = (queue: QueueName): QueueName =>
  // A valid name with a few characters around it; Redis itself bounds keys at 512 MB.
  `${slotPrefixOf(queue)}:dead` as QueueName
