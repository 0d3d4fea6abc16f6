/** The keys that a queue has besides its own. All are in the queue's slot, so that one script reaches them in a Redis Cluster too. */
import { deadLetterQueueOf, type QueueName, slotPrefixOf } from "@framedb/core"

/** The keys of one queue, whichever encoding it has. */
export interface QueueKeys {
  /** The stream or the list itself: the bare name, as every other client has it. */
  readonly queue: QueueName
  readonly deadLetters: QueueName
  /** A number, counted up for each message taken from a list. That it exists says that the queue is a list. */
  readonly listSequence: string
  /** Of a list: a hash of message id → bytes, for what has been taken and is not settled. */
  readonly held: string
  /** Of a list: a hash of message id → `deliveries consumer`. */
  readonly holders: string
  /** Of a list: a sorted set of message id → the time in milliseconds from when anyone may take it. */
  readonly heldUntil: string
  /** Of a list: a sorted set of consumer → the time from when what waits in its inbox is given back. */
  readonly inboxes: string
  /** Of a stream and a group: a sorted set of message id → the time until which a delay or an extension holds it back. */
  readonly delayed: (group: string) => string
  /** Of a list and a consumer: where a blocked pop puts a message, so that it is in Redis at every moment. */
  readonly inbox: (consumer: string) => string
  /** Groups that wait for the queue to exist: a sorted set of group → the time until which it is expected. */
  readonly expected: string
  /** What a publisher's last batch was answered. */
  readonly publisher: (publisher: string) => string
}

/** Gives the function that names the keys of queues. It remembers the last queue's: many calls in a row are for one. */
export const makeQueueKeys = (): ((queue: QueueName) => QueueKeys) => {
  let last: QueueKeys | undefined
  return (queue) => {
    if (last?.queue !== queue) last = queueKeys(queue)
    return last
  }
}

const queueKeys = (queue: QueueName): QueueKeys => {
  const prefix = `${slotPrefixOf(queue)}:framedb`
  return {
    queue,
    deadLetters: deadLetterQueueOf(queue),
    listSequence: `${prefix}:sequence`,
    held: `${prefix}:held`,
    holders: `${prefix}:holders`,
    heldUntil: `${prefix}:until`,
    inboxes: `${prefix}:inboxes`,
    expected: `${prefix}:expected`,
    delayed: (group) => `${prefix}:delayed:${group}`,
    inbox: (consumer) => `${prefix}:inbox:${consumer}`,
    publisher: (publisher) => `${prefix}:publisher:${publisher}`,
  }
}
