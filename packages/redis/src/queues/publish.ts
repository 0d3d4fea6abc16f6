/** Adds batches of messages to a queue, each once. */
import { type BackendError, type PublishBatch, publishBatchesInFlight, type QueueName } from "@framedb/core"
import * as Exit from "effect/Exit"
import type { Operation } from "../failure.ts"
import type { Question, RedisClient } from "../RedisClient.ts"
import { packMessages } from "./packMessages.ts"
import { batchNumber, publishOneScript, publishScript } from "./publishScripts.ts"
import type { QueueKeys } from "./queueKeys.ts"
import { sendScript } from "./runScript.ts"

type Ids = ReadonlyArray<string>

const publishing: Operation = { name: "publish", isWrite: true }

const noIds = Exit.succeed([])

/** Lists that are remembered as such; one that is forgotten costs its next lone message a second message to the server. */
const maxKnownLists = 1024

const recordOf = (keys: QueueKeys, { publisher }: PublishBatch, sequence: number): string =>
  // There is one for each remainder.
  keys.publisher(publisher)[sequence % publishBatchesInFlight] ?? ""

/** The data of a message that the short script may add, or `undefined`. */
const loneData = ({ messages, isFollowing, encoding, maxLength, maxAgeMillis }: PublishBatch): Buffer | undefined => {
  const [message] = messages
  if (message === undefined || messages.length > 1 || isFollowing || encoding === "list") return undefined
  if (maxLength !== undefined || maxAgeMillis !== undefined) return undefined
  for (const _ in message.headers) return undefined
  const { buffer, byteOffset, byteLength } = message.data
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Answers nothing where the queue is no stream (yet). */
const askOne = (keys: QueueKeys, batch: PublishBatch, data: Buffer): Question<unknown, Ids | undefined> => ({
  send: (driver) =>
    sendScript(driver, publishOneScript, [
      ...[keys.queue, recordOf(keys, batch, batch.sequence)],
      ...[batchNumber(batch.sequence), data],
    ]),
  // The script answers a text, or nothing.
  read: (reply) => (reply === null ? undefined : [String(reply)]),
})

const askAll = (keys: QueueKeys, batch: PublishBatch): Question<unknown, Ids> => ({
  send: (driver) => {
    const { queue, listSequence, expected } = keys
    const { messages, encoding, sequence, isFollowing, maxLength = "", maxAgeMillis = "" } = batch
    const record = recordOf(keys, batch, sequence)
    const recordBefore = recordOf(keys, batch, sequence + publishBatchesInFlight - 1)
    const { packed, headerCount } = packMessages(messages)
    return sendScript(driver, publishScript, [
      ...[queue, listSequence, record, recordBefore, expected],
      ...[
        batchNumber(sequence),
        isFollowing ? batchNumber(sequence - 1) : "",
        encoding,
        maxLength,
        maxAgeMillis,
        headerCount,
        packed,
      ],
    ])
  },
  // The script answers a text.
  read: (reply) => String(reply).split(","),
})

/** Begins to add a batch; calls `resume` once, and gives a function that stops the waiting. */
export type StartPublish = (batch: PublishBatch, resume: (exit: Exit.Exit<Ids, BackendError>) => void) => () => void

/** Makes the function that publishes. A lone message goes the short way, unless its queue was a list when last looked at. */
export const makePublish = ({ start }: RedisClient, keysOf: (queue: QueueName) => QueueKeys): StartPublish => {
  const lists = new Set<QueueName>()
  const noteEncoding = (queue: QueueName, [id]: Ids) => {
    if (id !== "") lists.delete(queue)
    else if (lists.size < maxKnownLists) lists.add(queue)
  }
  const startAll: StartPublish = (batch, resume) =>
    start(publishing, askAll(keysOf(batch.queue), batch), (exit) => {
      if (Exit.isSuccess(exit)) noteEncoding(batch.queue, exit.value)
      resume(exit)
    })
  return (batch, resume) => {
    if (batch.messages.length === 0) {
      resume(noIds)
      return () => {}
    }
    const data = lists.has(batch.queue) ? undefined : loneData(batch)
    if (data === undefined) return startAll(batch, resume)
    let stop = start(publishing, askOne(keysOf(batch.queue), batch, data), (exit) => {
      if (Exit.isFailure(exit)) resume(Exit.failCause(exit.cause))
      else if (exit.value === undefined) stop = startAll(batch, resume)
      else resume(Exit.succeed(exit.value))
    })
    return () => stop()
  }
}
