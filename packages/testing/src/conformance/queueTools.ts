/** What the tests of queues share. */
import { randomUUID } from "node:crypto"
import {
  type ConsumerOptions,
  noHeaders,
  type QueueConsumer,
  type QueueDelivery,
  type QueueName,
  type StreamEncoding,
  type StreamHeaders,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import { QueueStoreUnderTest } from "./QueueStoreUnderTest.ts"

/** A queue that no other test uses. A UUID with a label is a valid name. */
export const uniqueQueue = (label = "queue"): QueueName => `${label}-${randomUUID()}` as QueueName

/** Bytes of a text. */
export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** The texts of messages. */
export const texts = (messages: ReadonlyArray<{ readonly data: Uint8Array }>): ReadonlyArray<string> =>
  messages.map(({ data }) => new TextDecoder().decode(data))

/** The ids of messages. */
export const idsOf = (messages: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> =>
  messages.map(({ id }) => id)

/** What a publish may say besides queue and texts. */
export interface PublishExtras {
  readonly encoding?: StreamEncoding
  readonly headers?: StreamHeaders
  readonly publisher?: string
  readonly sequence?: number
  readonly isFollowing?: boolean
  readonly maxLength?: number
  readonly maxAgeMillis?: number
}

/** Publishes texts as one batch. */
export const publishTexts = Effect.fnUntraced(function* (
  queue: QueueName,
  messages: ReadonlyArray<string>,
  extras: PublishExtras = {},
) {
  const store = yield* QueueStoreUnderTest
  const { encoding = "stream", headers = noHeaders, publisher = randomUUID(), sequence = 0, ...rest } = extras
  return yield* store.publish({
    queue,
    encoding,
    publisher,
    sequence,
    messages: messages.map((text) => ({ data: bytes(text), headers })),
    isFollowing: rest.isFollowing ?? false,
    maxLength: rest.maxLength,
    maxAgeMillis: rest.maxAgeMillis,
  })
})

/** Joins a group, with options that suit a test. */
export const join = Effect.fnUntraced(function* (queue: QueueName, options: Partial<ConsumerOptions> = {}) {
  const store = yield* QueueStoreUnderTest
  return yield* store.subscribe({
    queue,
    group: "framedb",
    consumer: randomUUID(),
    from: "beginning",
    visibilityTimeoutMillis: 30_000,
    maxDeliveries: 5,
    keepAcknowledged: false,
    mayWait: true,
    isHeld: () => false,
    ...options,
  })
})

/** Receives until there are so many, or nothing has come for a while. */
export const receive = Effect.fnUntraced(function* (
  consumer: Pick<QueueConsumer, "receive">,
  count: number,
  patienceMillis?: number,
) {
  const messages: Array<QueueDelivery> = []
  const deadline = performance.now() + (patienceMillis ?? 2_000)
  while (messages.length < count && performance.now() < deadline) {
    const batch = yield* consumer.receive({ maxMessages: count - messages.length, waitMillis: 50 })
    messages.push(...batch)
  }
  return messages
})

/** The first batch that comes, or nothing when none has come for a while. */
export const receiveBatch = Effect.fnUntraced(function* (
  consumer: Pick<QueueConsumer, "receive">,
  patienceMillis: number,
) {
  const deadline = performance.now() + patienceMillis
  for (;;) {
    const batch = yield* consumer.receive({ maxMessages: 100, waitMillis: 50 })
    if (batch.length > 0 || performance.now() > deadline) return batch
  }
})

/** What can be taken at this moment. */
export const receiveNow = (consumer: Pick<QueueConsumer, "receive">) =>
  consumer.receive({ maxMessages: 100, waitMillis: 0 })
