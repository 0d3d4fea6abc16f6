/** A consumer of a Redis Stream: XREADGROUP for what is new, scripts for everything else. */
import {
  type BackendError,
  compareMessageIds,
  type QueueConsumer,
  type QueueDelivery,
  type QueueRelease,
  type Received,
  type ReceiveOptions,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import type { Operation } from "../failure.ts"
import type { Question } from "../RedisClient.ts"
import { BatchSize } from "./BatchSize.ts"
import { claimReply, flagsOf, pendingIds, readReply } from "./decode.ts"
import { type ConsumerContext, claimIntervalMillis, type EncodedConsumer, maxBlockMillis } from "./EncodedConsumer.ts"
import { runScript } from "./runScript.ts"
import { acknowledgeScript, claimScript, extendScript, leaveScript, releaseScript } from "./streamScripts.ts"

const receiving: Operation = { name: "receive", isWrite: true }
const acknowledging: Operation = { name: "acknowledge", isWrite: true }
const releasing: Operation = { name: "release", isWrite: true }
const extending: Operation = { name: "extend", isWrite: true }
const leaving: Operation = { name: "leave", isWrite: true }

/** Pending messages looked through at once after a failure. */
const recoveryWindow = 1000

/** Receives from a Redis Stream as one consumer of a group, which exists. */
export class StreamConsumer implements EncodedConsumer {
  readonly #context: ConsumerContext
  readonly #batchSize: BatchSize
  readonly #delayedKey: string
  /** Whether an answer may have been lost, or a namesake may have left something: looked after before reading on. */
  #mayHoldUnknown = true
  #claimCursor = "-"
  #nextClaimAtMillis = 0
  /** The id of the newest message that was given out here, for a group that has to be made again. */
  newestId: string | undefined

  constructor(context: ConsumerContext) {
    this.#context = context
    this.#batchSize = new BatchSize(context.batchBytes)
    this.#delayedKey = context.keys.delayed(context.options.group)
  }

  readonly receive: QueueConsumer["receive"] = (options) =>
    Effect.suspend(() => {
      const now = this.#context.now()
      return this.#isClaimDue(now) ? this.#claimOrRead(options) : this.#readNew(options, now)
    })

  /** Nothing stands between the answer to a waiting read and the receiver: on an idle queue that is what takes time. */
  readonly startReceive: NonNullable<QueueConsumer["startReceive"]> = (options, resume) => {
    const now = this.#context.now()
    return this.#isClaimDue(now) ? undefined : this.#startRead(options, now, resume)
  }

  #isClaimDue(now: number): boolean {
    return this.#mayHoldUnknown || now >= this.#nextClaimAtMillis
  }

  readonly #claimOrRead = Effect.fnUntraced({ self: this }, function* (this: StreamConsumer, options: ReceiveOptions) {
    if (this.#mayHoldUnknown) yield* this.#giveBackUnknown()
    const now = this.#context.now()
    if (now < this.#nextClaimAtMillis) return yield* this.#readNew(options, now)
    const claimed = yield* this.#claim(this.#batchSize.next(options.maxMessages), now)
    const later = this.#context.now()
    // Waiting is left to the next call, which needs no fiber then; not where that would look again, and never read.
    const mayWait = options.waitMillis > 0 && later < this.#nextClaimAtMillis
    return claimed.length > 0 || mayWait ? claimed : yield* this.#readNew(options, later)
  })

  #readNew(options: ReceiveOptions, now: number): Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError> {
    return Effect.callback((resume) => Effect.sync(this.#startRead(options, now, resume)))
  }

  #startRead({ maxMessages, waitMillis }: ReceiveOptions, now: number, resume: (received: Received) => void) {
    const { keys, options, own } = this.#context
    const blockMillis = Math.max(1, Math.min(waitMillis, this.#nextClaimAtMillis - now, maxBlockMillis))
    const block = waitMillis === 0 ? [] : ["BLOCK", Math.ceil(blockMillis)]
    const count = this.#batchSize.next(maxMessages)
    const parameters = ["GROUP", options.group, options.consumer, "COUNT", count, ...block, "STREAMS", keys.queue, ">"]
    this.#mayHoldUnknown = true
    const question: Question<unknown, ReadonlyArray<QueueDelivery>> = {
      send: (driver) => driver.callBuffer("XREADGROUP", parameters),
      read: (reply) => this.#arrived(readReply(reply)),
    }
    return own.start(receiving, question, resume)
  }

  readonly acknowledge: QueueConsumer["acknowledge"] = (ids) => {
    const { keys, options, shared } = this.#context
    if (ids.length === 0) return Effect.succeed(0)
    const keep = options.keepAcknowledged ? "1" : "0"
    const ordered = isAscending(ids) ? ids : ids.toSorted(compareMessageIds)
    // The script answers a number.
    return Effect.map(
      runScript(shared, acknowledging, acknowledgeScript, [keys.queue, options.group, keep, ...ordered]),
      Number,
    )
  }

  readonly release: QueueConsumer["release"] = (releases) => {
    const { keys, options, shared } = this.#context
    if (releases.length === 0) return Effect.succeed([])
    const parameters = [
      ...[keys.queue, this.#delayedKey, keys.deadLetters],
      ...[options.group, options.consumer, options.maxDeliveries, options.keepAcknowledged ? "1" : "0"],
      ...releases.flatMap(releaseParameters),
    ]
    this.#nextClaimAtMillis = 0
    return Effect.map(runScript(shared, releasing, releaseScript, parameters), flagsOf)
  }

  readonly extend: QueueConsumer["extend"] = (ids, millis) => {
    const { keys, options, shared } = this.#context
    if (ids.length === 0) return Effect.succeed([])
    const { group, consumer, visibilityTimeoutMillis } = options
    const parameters = [keys.queue, this.#delayedKey, group, consumer, millis, visibilityTimeoutMillis, ...ids]
    return Effect.map(runScript(shared, extending, extendScript, parameters), flagsOf)
  }

  get leave() {
    const { keys, options, shared } = this.#context
    return Effect.asVoid(runScript(shared, leaving, leaveScript, [keys.queue, options.group, options.consumer]))
  }

  readonly #claim = Effect.fnUntraced({ self: this }, function* (this: StreamConsumer, count: number, now: number) {
    const { keys, options, own } = this.#context
    const { group, consumer, visibilityTimeoutMillis, maxDeliveries, keepAcknowledged } = options
    this.#mayHoldUnknown = true
    const reply = yield* runScript(own, receiving, claimScript, [
      ...[keys.queue, this.#delayedKey, keys.deadLetters],
      ...[
        group,
        consumer,
        visibilityTimeoutMillis,
        maxDeliveries,
        count,
        this.#claimCursor,
        keepAcknowledged ? "1" : "0",
      ],
    ])
    const { cursor, messages } = claimReply(reply)
    this.#claimCursor = cursor
    // After something was found, or before the end was reached, the next call looks again.
    const isDone = messages.length === 0 && cursor === "-"
    this.#nextClaimAtMillis = isDone ? now + claimIntervalMillis(visibilityTimeoutMillis) : now
    return this.#arrived(messages)
  })

  #arrived(messages: ReadonlyArray<QueueDelivery>): ReadonlyArray<QueueDelivery> {
    this.#mayHoldUnknown = false
    this.#batchSize.learn(messages)
    const newest = messages.at(-1)
    if (newest?.attempts === 1) this.newestId = newest.id
    return messages
  }

  /** Messages that the server gave out and that never arrived go back, as if they had not been given out. */
  readonly #giveBackUnknown = Effect.fnUntraced({ self: this }, function* (this: StreamConsumer) {
    const { keys, options, own } = this.#context
    let start = "-"
    for (;;) {
      const range = [keys.queue, options.group, start, "+", recoveryWindow, options.consumer]
      const reply = yield* own.run(receiving, (driver) => driver.callBuffer("XPENDING", range))
      const ids = pendingIds(reply)
      const unknown = ids.filter((id) => !options.isHeld(id))
      yield* this.release(unknown.map((id) => ({ id, delayMillis: 0, reason: undefined })))
      if (ids.length < recoveryWindow) break
      start = `(${ids.at(-1) ?? ""}`
    }
    this.#claimCursor = "-"
    this.#mayHoldUnknown = false
  })
}

/** Whether ids are in the order of the stream, as they mostly are. */
const isAscending = (ids: ReadonlyArray<string>): boolean =>
  ids.every((id, index) => {
    const before = ids[index - 1]
    if (before === undefined) return true
    // Ids of one length differ first where the clock or the sequence does, so that their order as texts is theirs.
    return before.length === id.length ? before < id : compareMessageIds(before, id) < 0
  })

/** A message to give back, as the release scripts take it. */
export const releaseParameters = ({ id, delayMillis, reason }: QueueRelease): ReadonlyArray<string | number> => [
  id,
  delayMillis,
  reason === undefined ? 0 : 1,
  reason ?? "",
]
