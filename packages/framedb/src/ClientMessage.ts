import { type InspectOptions, inspect } from "node:util"
import {
  type FramedbId,
  type NackOptions,
  OptionRules,
  type QueueName,
  type StreamHeaders,
  type StreamMessage,
} from "@framedb/core"
import type * as Effect from "effect/Effect"
import { rejected } from "./callerTrace.ts"
import { problemOfRecord } from "./splitOptions.ts"

/** Runs an effect of a message as a Promise. */
export type RunMessage = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

const nackRules: OptionRules.Rules<NackOptions> = {
  delayMillis: OptionRules.wholeNumber(0),
  reason: OptionRules.anyText,
}

const extendRules = { millis: OptionRules.wholeNumber(0) }

/** A message taken from a queue, whose methods give Promises. See `StreamMessage`. */
export class ClientMessage {
  readonly #message: StreamMessage
  readonly #run: RunMessage

  constructor(message: StreamMessage, run: RunMessage) {
    this.#message = message
    this.#run = run
  }

  /** Unique in its queue and in the order of the queue; a redelivery has the same. */
  get id(): string {
    return this.#message.id
  }
  get queue(): QueueName {
    return this.#message.queue
  }
  get framedbId(): FramedbId {
    return this.#message.framedbId
  }
  /** The bytes belong to the caller. */
  get data(): Uint8Array<ArrayBuffer> {
    return this.#message.data
  }
  get headers(): StreamHeaders {
    return this.#message.headers
  }
  /** How often it was given out, this time included. */
  get attempts(): number {
    return this.#message.attempts
  }
  /** In milliseconds since 1970; `undefined` on a list, which does not keep it. */
  get publishedAtMillis(): number | undefined {
    return this.#message.publishedAtMillis
  }

  /** The message is handled, and goes. Says whether it was still this listener's, as the two below. */
  ack(): Promise<boolean> {
    return this.#run(this.#message.ack)
  }

  /** The message is given back, and counts as tried. */
  nack(options: NackOptions = {}): Promise<boolean> {
    const problem = problemOfRecord(options) ?? OptionRules.problemOf(options, nackRules)
    return problem === undefined ? this.#run(this.#message.nack(options)) : rejected(problem)
  }

  /** Nobody else gets the message for so many milliseconds from now, or the listener's visibility timeout. */
  extend(millis?: number): Promise<boolean> {
    const problem = OptionRules.problemOf<object>({ millis }, extendRules)
    return problem === undefined ? this.#run(this.#message.extend(millis)) : rejected(problem)
  }

  /** What `console.log` shows: the fields, which are getters. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { id, queue, framedbId, data, headers, attempts, publishedAtMillis } = this
    return `ClientMessage ${inspect({ id, queue, framedbId, data, headers, attempts, publishedAtMillis }, options)}`
  }
}
