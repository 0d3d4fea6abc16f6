/** The keys that a queue has besides its own. All are in the queue's slot, so that one script reaches them in a Redis Cluster too. */
import { deadLetterQueueOf, publishBatchesInFlight, type QueueName, slotPrefixOf } from "@framedb/core"

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
  /** What a publisher's last batches were answered, in the order of their numbers: each takes the place of the oldest. */
  readonly publisher: (publisher: string) => ReadonlyArray<string>
}

/** Queues whose keys are remembered: making them costs a lone message more than anything else of its way in this process. */
const maxRememberedQueues = 1024

/** Gives the function that names the keys of queues. */
export const makeQueueKeys = (): ((queue: QueueName) => QueueKeys) => {
  const remembered = new Map<QueueName, QueueKeys>()
  return (queue) => {
    const known = remembered.get(queue)
    if (known !== undefined) return known
    if (remembered.size >= maxRememberedQueues) remembered.clear()
    const made = queueKeys(queue)
    remembered.set(queue, made)
    return made
  }
}

const queueKeys = (queue: QueueName): QueueKeys => {
  const prefix = `${slotPrefixOf(queue)}:framedb`
  // Of the publisher that came last: a process is one of a queue's, mostly.
  let last = ""
  let records: ReadonlyArray<string> = []
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
    publisher: (publisher) => {
      if (publisher !== last) {
        last = publisher
        records = Array.from(
          { length: publishBatchesInFlight },
          (_, place) => `${prefix}:publisher:${publisher}:${place}`,
        )
      }
      return records
    },
  }
}
