/**
 * Queues as Redis Streams, and as lists where they are lists.
 *
 * A message is one entry: its bytes in the field `data`, and each header in a field of its own.
 */
import {
  BackendError,
  backendReason,
  type ConsumerOptions,
  type InvalidArgument,
  type QueueLimits,
  type QueueName,
  type QueueStore,
  type StreamStart,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import { maxBlockMillis } from "./EncodedConsumer.ts"
import { makePublish } from "./publish.ts"
import { infoScript, redriveScript } from "./publishScripts.ts"
import { makeQueueKeys, type QueueKeys } from "./queueKeys.ts"
import { subscribe } from "./RedisQueueConsumer.ts"
import { makeTail } from "./RedisQueueTail.ts"
import { runScript } from "./runScript.ts"

/**
 * What Redis queues hold and like best.
 *
 * 16 MiB a message as for objects: the server answers everyone in turn. Batches of 512 messages read nearly twice as
 * many a second as batches of 64, and larger ones gain little.
 */
export const queueLimits: QueueLimits = {
  messageBytes: 16 * 1024 * 1024,
  batchMessages: 512,
  batchBytes: 4 * 1024 * 1024,
}

const looking: Operation = { name: "info", isWrite: false }
const redriving: Operation = { name: "redrive", isWrite: true }

/** Dead letters put back in one step. */
const redriveBatch = 64

const look = Effect.fnUntraced(function* (client: RedisClient, keys: QueueKeys, group: string) {
  const { queue } = keys
  const names = [queue, keys.listSequence, keys.deadLetters, keys.held, keys.inboxes]
  const reply = yield* runScript(client, looking, infoScript, [...names, group])
  // As the script answers: texts and numbers.
  const [encoding = "none", length, pending, lag, age, consumers, deadLetters, newestId] = (
    reply as ReadonlyArray<Buffer | number>
  ).map(String)
  return {
    queue,
    encoding: encoding === "stream" || encoding === "list" ? encoding : undefined,
    length: Number(length),
    pending: Number(pending),
    lag: Number(lag),
    oldestAgeMillis: age === "" ? undefined : Number(age),
    consumers: Number(consumers),
    deadLetters: Number(deadLetters),
    newestId: newestId === "" ? undefined : newestId,
  } as const
})

const redrive = Effect.fnUntraced(function* (client: RedisClient, keys: QueueKeys, maxMessages: number) {
  let moved = 0
  while (moved < maxMessages) {
    const count = Math.min(redriveBatch, maxMessages - moved)
    const parameters = [keys.queue, keys.listSequence, keys.deadLetters, count]
    const done = Number(yield* runScript(client, redriving, redriveScript, parameters))
    moved += done
    if (done < count) break
  }
  return moved
})

const listsCantBeFollowed = (client: RedisClient): BackendError =>
  new BackendError({
    backend: "redis",
    operation: "tail",
    instance: client.instance.framedbId,
    reason: backendReason("Rejected", "the queue is a list, which can't be followed without taking from it"),
    maybeApplied: false,
  })

/** Opened already with this URL and these settings: an argument that is invalid now is a bug. */
const neverInvalid = <A, E, R>(effect: Effect.Effect<A, E | InvalidArgument, R>) =>
  Effect.catchTag(effect as Effect.Effect<A, BackendError | InvalidArgument, R>, "InvalidArgument", Effect.die)

/** A connection for commands that wait: they may, for their own time and the server's. */
const openOwn = (client: RedisClient) =>
  neverInvalid(client.openAnother({ commandTimeoutMillis: client.settings.commandTimeoutMillis + maxBlockMillis }))

/** Makes the queues of an open instance. */
export const makeQueues = (client: RedisClient): QueueStore => {
  const keysOf = makeQueueKeys()
  const startPublish = makePublish(client, keysOf)
  return {
    limits: queueLimits,
    publish: (batch) => Effect.callback((resume) => Effect.sync(startPublish(batch, resume))),
    startPublish,
    subscribe: Effect.fnUntraced(function* (options: ConsumerOptions) {
      let leave: Effect.Effect<void, BackendError> = Effect.void
      // Runs after the consumer's own connection has ended, when nothing more can be given to it. Where it fails nobody can
      // be told; the visibility timeout does the same, later.
      yield* Effect.addFinalizer(() => Effect.ignore(Effect.suspend(() => leave)))
      // On the shared one an answer that nobody waits for any more still comes before that to `leave`.
      const own = options.mayWait ? yield* openOwn(client) : client
      const { batchBytes } = queueLimits
      const joined = yield* subscribe({ keys: keysOf(options.queue), options, shared: client, own, batchBytes })
      leave = joined.leave
      return joined.consumer
    }),
    tail: Effect.fnUntraced(function* (queue: QueueName, from: StreamStart) {
      const keys = keysOf(queue)
      const { encoding, newestId = "0-0" } = yield* look(client, keys, "")
      if (encoding === "list") return yield* listsCantBeFollowed(client)
      const own = yield* openOwn(client)
      return makeTail({ own, keys, from, newestId, batchBytes: queueLimits.batchBytes })
    }),
    info: (queue, group) => look(client, keysOf(queue), group),
    redrive: (queue, maxMessages) => redrive(client, keysOf(queue), maxMessages),
  }
}
