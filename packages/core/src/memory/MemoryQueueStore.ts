/**
 * Queues in this process's memory, with the promises of real ones: redelivery, delays, dead letters, several groups. Time
 * is the `Clock`'s, so that a test moves it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { QueueName } from "../domain/QueueName.ts"
import { deadLetterQueueOf } from "../domain/StreamDeadLetter.ts"
import type { StreamEncoding } from "../domain/StreamQueueInfo.ts"
import type { StreamStart } from "../domain/StreamStart.ts"
import { BackendError, backendReason } from "../errors/BackendError.ts"
import { SafeCause } from "../errors/SafeCause.ts"
import type { ConsumerOptions, QueueConsumer, QueueLimits, QueueStore, QueueTail } from "../ports/QueueStore.ts"
import { reservedHeaderPrefix } from "../ports/StreamMessage.ts"
import { type MemoryMessage, MemoryQueue } from "./MemoryQueue.ts"

/** How a store behaves and where it keeps its queues. */
export interface MemoryQueueStoreOptions {
  /** The instance's id, named by errors. */
  readonly instance?: string
  /** Bounds; those of Redis by default. */
  readonly limits?: Partial<QueueLimits>
  /** The queues, shared by the stores that are opened on one instance. Empty by default. */
  readonly queues?: Map<QueueName, MemoryQueue>
}

/** The bounds of a Redis instance. */
export const redisQueueLimits: QueueLimits = {
  messageBytes: 16 * 1024 * 1024,
  batchMessages: 512,
  batchBytes: 4 * 1024 * 1024,
}

/** Makes a store without any queue, or one on the queues that are given. */
export const make = (options: MemoryQueueStoreOptions = {}): QueueStore => {
  const queues = options.queues ?? new Map<QueueName, MemoryQueue>()
  const limits = { ...redisQueueLimits, ...options.limits }
  const rejected = (operation: string, message: string, code?: string) =>
    new BackendError({
      backend: "redis",
      operation,
      ...(options.instance === undefined ? {} : { instance: options.instance }),
      reason: backendReason("Rejected", new SafeCause("Rejected", message, code)),
      maybeApplied: false,
    })
  const queueOf = (name: QueueName): MemoryQueue => {
    const known = queues.get(name)
    if (known !== undefined) return known
    const made = new MemoryQueue()
    queues.set(name, made)
    return made
  }
  const keptAs = (name: QueueName, encoding: StreamEncoding): MemoryQueue => {
    const queue = queueOf(name)
    queue.settle(encoding)
    return queue
  }
  return {
    limits,
    publish: Effect.fnUntraced(function* (batch) {
      const now = yield* giveWay
      if (batch.messages.length > limits.batchMessages) {
        return yield* Effect.die(new RangeError(`a batch has at most ${limits.batchMessages} messages`))
      }
      const queue = keptAs(batch.queue, batch.encoding)
      const isList = queue.encoding === "list"
      if (isList && batch.messages.some(({ headers }) => Object.keys(headers).length > 0)) {
        const advice = "a list keeps no headers: publish without, or to a queue that is no list"
        return yield* rejected("publish", advice, "NOHEADERS")
      }
      const ids = queue.publish(batch, now)
      if (ids === undefined) return yield* rejected("publish", "another batch comes before it", "OUTOFORDER")
      return isList ? ids.map(() => "") : ids
    }),
    subscribe: (consumer) => subscribe(consumer, limits, queueOf),
    tail: Effect.fnUntraced(function* (name, from) {
      yield* giveWay
      if (queues.get(name)?.encoding === "list") return yield* rejected("tail", "a list can't be followed")
      return tail(queueOf(name), from, limits)
    }),
    info: (name, group) => Effect.map(giveWay, (now) => look(queues, name, group, now)),
    redrive: (name, maxMessages) =>
      Effect.map(giveWay, (now) => {
        const letters = queues.get(deadLetterQueueOf(name))
        const moved = letters?.after("0-0", maxMessages) ?? []
        for (const letter of moved) {
          keptAs(name, "stream").add({ data: letter.data, headers: ownHeaders(letter) }, now)
          letters?.remove(letter.id)
        }
        return moved.length
      }),
  }
}

/** Gives way to other fibers, so that a program can't come to rely on an answer at once, and tells the time. */
const giveWay = Effect.andThen(Effect.yieldNow, Clock.currentTimeMillis)

const look = (queues: ReadonlyMap<QueueName, MemoryQueue>, name: QueueName, group: string, now: number) => {
  const queue = queues.get(name)
  const known = queue?.knownGroup(group)
  const isStream = queue?.encoding === "stream"
  const oldest = isStream ? queue?.oldest : undefined
  return {
    queue: name,
    encoding: queue?.encoding,
    length: queue?.length ?? 0,
    pending: known?.pending ?? 0,
    lag: known?.lag ?? queue?.length ?? 0,
    oldestAgeMillis: oldest === undefined ? undefined : now - oldest.publishedAtMillis,
    consumers: queue?.encoding === undefined ? 0 : (known?.consumers.size ?? 0),
    deadLetters: queues.get(deadLetterQueueOf(name))?.length ?? 0,
    newestId: isStream ? queue?.newestId : undefined,
  }
}

const ownHeaders = ({ headers }: MemoryMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(reservedHeaderPrefix)))

/** Waits for news of a queue, at most so long. */
const waitForNews = (queue: MemoryQueue, millis: number) =>
  Effect.callback<void>((resume) => Effect.sync(queue.onNews(() => resume(Effect.void)))).pipe(
    Effect.timeoutOption(millis),
  )

const subscribe = Effect.fnUntraced(function* (
  options: ConsumerOptions,
  limits: QueueLimits,
  queueOf: (name: QueueName) => MemoryQueue,
): Effect.fn.Return<QueueConsumer, never, Scope.Scope> {
  yield* giveWay
  const queue = queueOf(options.queue)
  // Another one once the first message has made the queue a list.
  const group = () => queue.group(options.group, options.from)
  const bury = (now: number) => (message: MemoryMessage, headers: Record<string, string>) => {
    const letters = queueOf(deadLetterQueueOf(options.queue))
    letters.settle("stream")
    letters.add({ data: message.data, headers: { ...ownHeaders(message), ...headers } }, now)
  }
  yield* Effect.acquireRelease(
    Effect.map(Clock.currentTimeMillis, (now) => {
      group().consumers.add(options.consumer)
      group().giveBack(options.consumer, now, options.isHeld)
    }),
    () =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        group().consumers.delete(options.consumer)
        group().giveBack(options.consumer, now, () => false)
      }),
  )
  return {
    receive: Effect.fnUntraced(function* ({ maxMessages, waitMillis }) {
      const now = yield* giveWay
      const bounds = { maxMessages: Math.min(maxMessages, limits.batchMessages), maxBytes: limits.batchBytes }
      const taken = group().take(options, bounds, now, bury(now))
      if (taken.length > 0 || waitMillis === 0) return taken
      yield* waitForNews(queue, Math.max(1, Math.min(waitMillis, group().nextFreeAtMillis - now)))
      const later = yield* Clock.currentTimeMillis
      return group().take(options, bounds, later, bury(later))
    }),
    acknowledge: (ids) => Effect.map(giveWay, () => group().acknowledge(ids, options.keepAcknowledged)),
    release: (releases) =>
      Effect.map(giveWay, (now) => releases.map((release) => group().release(release, options, now, bury(now)))),
    extend: (ids, millis) =>
      Effect.map(giveWay, (now) => ids.map((id) => group().extend(id, options.consumer, now + millis))),
  }
})

const tail = (known: MemoryQueue, from: StreamStart, limits: QueueLimits): QueueTail => {
  let after = from === "beginning" ? "0-0" : from === "now" ? (known.newestId ?? "0-0") : from.after
  const next = (maxMessages: number) => {
    const messages = known.after(after, Math.min(maxMessages, limits.batchMessages))
    after = messages.at(-1)?.id ?? after
    return messages.map((message) => ({ ...message, data: new Uint8Array(message.data), attempts: 1 }))
  }
  return {
    receive: Effect.fnUntraced(function* ({ maxMessages, waitMillis }) {
      yield* giveWay
      const messages = next(maxMessages)
      if (messages.length > 0 || waitMillis === 0) return messages
      yield* waitForNews(known, waitMillis)
      return next(maxMessages)
    }),
  }
}
