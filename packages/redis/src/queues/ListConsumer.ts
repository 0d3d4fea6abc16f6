/** A consumer of a Redis list: BLMOVE to wait, scripts for everything else. See `listScripts.ts` for how it is kept. */
import type { QueueConsumer } from "@framedb/core"
import * as Effect from "effect/Effect"
import type { Operation } from "../failure.ts"
import { BatchSize } from "./BatchSize.ts"
import { flagsOf, takeReply, textsOf } from "./decode.ts"
import { type ConsumerContext, claimIntervalMillis, type EncodedConsumer } from "./EncodedConsumer.ts"
import {
  listAcknowledgeScript,
  listExtendScript,
  listHoldingsScript,
  listLeaveScript,
  listReleaseScript,
  takeScript,
} from "./listScripts.ts"
import { type Argument, runScript } from "./runScript.ts"
import type { Script } from "./Script.ts"
import { releaseParameters } from "./StreamConsumer.ts"

const receiving: Operation = { name: "receive", isWrite: true }
const acknowledging: Operation = { name: "acknowledge", isWrite: true }
const releasing: Operation = { name: "release", isWrite: true }
const extending: Operation = { name: "extend", isWrite: true }
const leaving: Operation = { name: "leave", isWrite: true }

/** Receives from a Redis list. */
export class ListConsumer implements EncodedConsumer {
  readonly #context: ConsumerContext
  readonly #batchSize: BatchSize
  readonly #keys: ReadonlyArray<string>
  readonly #inbox: string
  readonly #inboxPrefix: string
  /** Whether an answer may have been lost, or a namesake may have left something: looked after before reading on. */
  #mayHoldUnknown = true

  constructor(context: ConsumerContext) {
    const { keys, options } = context
    this.#context = context
    this.#batchSize = new BatchSize(context.batchBytes)
    this.#keys = [keys.queue, keys.listSequence, keys.held, keys.holders, keys.heldUntil]
    this.#inbox = keys.inbox(options.consumer)
    this.#inboxPrefix = keys.inbox("")
  }

  readonly receive: QueueConsumer["receive"] = Effect.fnUntraced(
    { self: this },
    function* (this: ListConsumer, { maxMessages, waitMillis }) {
      if (this.#mayHoldUnknown) yield* this.#giveBackUnknown()
      const count = this.#batchSize.next(maxMessages)
      const taken = yield* this.#take(count)
      if (taken.length > 0 || waitMillis === 0) return taken
      const limit = claimIntervalMillis(this.#context.options.visibilityTimeoutMillis)
      const moved = yield* this.#wait(Math.min(waitMillis, limit))
      return moved ? yield* this.#take(count) : taken
    },
  )

  readonly acknowledge: QueueConsumer["acknowledge"] = (ids) =>
    // The script answers a number.
    ids.length === 0 ? Effect.succeed(0) : Effect.map(this.#run(acknowledging, listAcknowledgeScript, ids), Number)

  readonly release: QueueConsumer["release"] = (releases) => {
    if (releases.length === 0) return Effect.succeed([])
    const { keys, options } = this.#context
    // The oldest goes back last, so that it is again the one at the end that is read first.
    const order = releases.map((_, index) => index).sort((left, right) => compare(releases, right, left))
    const parameters = order.flatMap((index) => releases.slice(index, index + 1).flatMap(releaseParameters))
    return Effect.map(
      this.#run(releasing, listReleaseScript, [
        keys.deadLetters,
        options.consumer,
        options.maxDeliveries,
        ...parameters,
      ]),
      (reply) => {
        const flags = flagsOf(reply)
        const answers = new Array<boolean>(releases.length).fill(false)
        for (const [position, index] of order.entries()) answers[index] = flags[position] === true
        return answers
      },
    )
  }

  readonly extend: QueueConsumer["extend"] = (ids, millis) =>
    ids.length === 0
      ? Effect.succeed([])
      : Effect.map(this.#run(extending, listExtendScript, [this.#context.options.consumer, millis, ...ids]), flagsOf)

  get leave() {
    const { keys, options } = this.#context
    return Effect.gen({ self: this }, function* () {
      yield* this.#giveBack((id) => id.length > 0)
      yield* this.#run(leaving, listLeaveScript, [keys.inboxes, this.#inbox, options.consumer])
    })
  }

  #run(operation: Operation, script: Script, parameters: ReadonlyArray<Argument>) {
    return runScript(this.#context.shared, operation, script, [...this.#keys, ...parameters])
  }

  readonly #take = Effect.fnUntraced({ self: this }, function* (this: ListConsumer, count: number) {
    const { keys, options, own } = this.#context
    this.#mayHoldUnknown = true
    const reply = yield* runScript(own, receiving, takeScript, [
      ...this.#keys,
      ...[keys.deadLetters, keys.inboxes, this.#inbox],
      ...[options.consumer, options.visibilityTimeoutMillis, options.maxDeliveries, count, this.#inboxPrefix],
    ])
    this.#mayHoldUnknown = false
    const messages = takeReply(reply)
    this.#batchSize.learn(messages)
    return messages
  })

  /** Waits for a message, which is moved to the inbox: where this client dies on it, others find it there. */
  #wait(millis: number) {
    const { keys, own } = this.#context
    return Effect.map(
      own.run(receiving, (driver) =>
        driver.callBuffer("BLMOVE", [keys.queue, this.#inbox, "RIGHT", "LEFT", Math.max(millis, 1) / 1000]),
      ),
      (moved) => moved !== null,
    )
  }

  readonly #giveBackUnknown = Effect.fnUntraced({ self: this }, function* (this: ListConsumer) {
    yield* this.#giveBack((id) => !this.#context.options.isHeld(id))
    this.#mayHoldUnknown = false
  })

  readonly #giveBack = Effect.fnUntraced(
    { self: this },
    function* (this: ListConsumer, isWanted: (id: string) => boolean) {
      const held = textsOf(yield* this.#run(receiving, listHoldingsScript, [this.#context.options.consumer]))
      yield* this.release(held.filter(isWanted).map((id) => ({ id, delayMillis: 0, reason: undefined })))
    },
  )
}

const compare = (releases: ReadonlyArray<{ readonly id: string }>, left: number, right: number): number => {
  const [leftId = "", rightId = ""] = [releases[left]?.id, releases[right]?.id]
  // Padded numbers: their order as texts is their order as numbers.
  return leftId < rightId ? -1 : leftId > rightId ? 1 : 0
}
