/**
 * A consumer of a queue whose encoding may not be known yet, and may change under it.
 *
 * A queue that does not exist is waited for without making it, so that a Python producer's first LPUSH still makes it a
 * list. When the group or the whole queue is deleted, or it comes back as something else, the consumer joins again.
 */
import {
  type BackendError,
  type ConsumerOptions,
  type QueueConsumer,
  type QueueDelivery,
  type Received,
  steadyNow,
} from "@framedb/core"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import { type ConsumerContext, type EncodedConsumer, maxBlockMillis } from "./EncodedConsumer.ts"
import { ListConsumer } from "./ListConsumer.ts"
import { joinScript } from "./publishScripts.ts"
import type { QueueKeys } from "./queueKeys.ts"
import { runScript } from "./runScript.ts"
import { StreamConsumer } from "./StreamConsumer.ts"

// Of the consumer's own making, and the same however often it is done: nothing that a caller has written.
const subscribing: Operation = { name: "subscribe", isWrite: false }
const waiting: Operation = { name: "receive", isWrite: false }

/** How long a queue that does not exist is waited for before it is asked whether it is a list now, in milliseconds. */
const listPollMillis = 100

/** How long a group that waits for its queue is expected after it has last asked, in milliseconds. */
const expectMillis = 10_000

/** What the server says when the group, the queue or everything was deleted, or the queue is of another kind now. */
const isGone = (error: BackendError): boolean =>
  error.reason.code === "NOGROUP" || error.reason.code === "WRONGTYPE" || error.reason.code === "UNBLOCKED"

const hasGone = ({ cause }: Exit.Failure<unknown, BackendError>): boolean =>
  Option.exists(Cause.findErrorOption(cause), isGone)

const nothingReceived: Received = Exit.succeed([])

const startOf = ({ from }: ConsumerOptions): string => (from === "beginning" ? "0" : from === "now" ? "$" : from.after)

class Membership {
  readonly #context: ConsumerContext
  /** Undefined while the queue does not exist. */
  consumer: EncodedConsumer | undefined
  /** Where a group that has to be made (again) begins. */
  #start: string

  constructor(context: ConsumerContext) {
    this.#context = context
    this.#start = startOf(context.options)
  }

  /** Finds out what the queue is, and joins it where it exists. */
  readonly join = Effect.fnUntraced({ self: this }, function* (this: Membership) {
    const { keys, options, shared } = this.#context
    const parameters = [keys.queue, keys.listSequence, keys.expected, options.group, this.#start, expectMillis]
    // The script answers a text.
    const encoding = String(yield* runScript(shared, subscribing, joinScript, parameters))
    if (encoding === "list") this.consumer = new ListConsumer(this.#context)
    if (encoding === "stream") this.consumer = new StreamConsumer(this.#context)
    // Whatever comes into a queue that did not exist comes after now.
    if (encoding === "none" && this.#start === "$") this.#start = "0"
  })

  readonly receive: QueueConsumer["receive"] = (options) =>
    Effect.suspend(() => {
      const { consumer } = this
      return consumer === undefined ? this.#joinAndReceive(options) : this.#receiveFrom(consumer, options)
    })

  /** As `receive`, where the queue is known. What finds it gone gives nothing, and `receive` joins again. */
  readonly startReceive: NonNullable<QueueConsumer["startReceive"]> = (options, resume) => {
    const { consumer } = this
    return consumer?.startReceive?.(options, (received) => {
      if (Exit.isSuccess(received) || !hasGone(received)) return resume(received)
      this.#lose(consumer)
      resume(nothingReceived)
    })
  }

  #receiveFrom(consumer: EncodedConsumer, options: Parameters<QueueConsumer["receive"]>[0]) {
    return Effect.catchIf(consumer.receive(options), isGone, () => this.#joinAgain(consumer))
  }

  readonly #joinAndReceive: QueueConsumer["receive"] = Effect.fnUntraced(
    { self: this },
    function* (this: Membership, options) {
      yield* this.#waitForQueue(options.waitMillis)
      yield* this.join()
      return this.consumer === undefined ? [] : yield* this.#receiveFrom(this.consumer, options)
    },
  )

  /** Joins what is there now. A failure here, such as a key of another type, is the answer. */
  readonly #joinAgain = Effect.fnUntraced({ self: this }, function* (this: Membership, lost: EncodedConsumer) {
    this.#lose(lost)
    yield* this.join()
    const nothing: ReadonlyArray<QueueDelivery> = []
    return nothing
  })

  #lose(lost: EncodedConsumer): void {
    this.consumer = undefined
    // A group that began with the beginning begins there again: handled messages are deleted, so what is there is open.
    if (this.#start !== "0" && lost instanceof StreamConsumer) this.#start = lost.newestId ?? this.#start
    if (this.#start === "$") this.#start = "0"
  }

  /** XREAD waits for a key that does not exist, and ends when it becomes a stream; a list is found by asking. */
  #waitForQueue(waitMillis: number) {
    const { keys, own } = this.#context
    if (waitMillis === 0) return Effect.void
    const block = Math.max(1, Math.min(Math.ceil(waitMillis), listPollMillis, maxBlockMillis))
    return own
      .run(waiting, (driver) => driver.callBuffer("XREAD", ["COUNT", 1, "BLOCK", block, "STREAMS", keys.queue, "0-0"]))
      .pipe(Effect.catchIf(isGone, () => Effect.void))
  }
}

/** Joins a group of a queue. */
export const subscribe = Effect.fnUntraced(function* (context: {
  readonly keys: QueueKeys
  readonly options: ConsumerOptions
  readonly shared: RedisClient
  readonly own: RedisClient
  readonly batchBytes: number
}) {
  const membership = new Membership({ ...context, now: steadyNow(yield* Clock.Clock) })
  yield* membership.join()
  const whileJoined = <A>(absent: A, use: (consumer: QueueConsumer) => Effect.Effect<A, BackendError>) =>
    Effect.suspend(() => {
      if (membership.consumer === undefined) return Effect.succeed(absent)
      // What is gone with its group is nobody's; `receive` joins again.
      return Effect.catchIf(use(membership.consumer), isGone, () => Effect.succeed(absent))
    })
  const consumer: QueueConsumer = {
    receive: membership.receive,
    startReceive: membership.startReceive,
    acknowledge: (ids) => whileJoined(0, (joined) => joined.acknowledge(ids)),
    release: (releases) =>
      whileJoined(
        releases.map(() => false),
        (joined) => joined.release(releases),
      ),
    extend: (ids, millis) =>
      whileJoined(
        ids.map(() => false),
        (joined) => joined.extend(ids, millis),
      ),
  }
  return { consumer, leave: Effect.suspend(() => membership.consumer?.leave ?? Effect.void) }
})
