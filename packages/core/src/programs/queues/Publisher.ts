/**
 * Publishes, in batches.
 *
 * What one turn of the event loop publishes to a queue is one batch, and while a batch is under way the next one gathers.
 * One batch at a time for each queue, so that messages stay in the order in which they were published, also when a
 * batch has to be sent again. It may be sent again, since the store knows it by its number and adds it once.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { StreamEncoding } from "../../domain/StreamQueueInfo.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { PublishBatch, QueueEntry } from "../../ports/QueueStore.ts"
import { noHeaders, problemOfHeaders, type StreamHeaders } from "../../ports/StreamMessage.ts"
import type { StreamRouting } from "../../ports/StreamRouting.ts"
import { Batcher } from "../instances/Batcher.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import { QueueRegistrar } from "./QueueRegistrar.ts"
import type { QueueError, QueueResolver } from "./QueueResolver.ts"
import { type QueueAddress, queueAddress } from "./queueAddress.ts"

/** How a message is published. */
export interface PublishOptions {
  /** The instance that the queue is on. */
  readonly framedbId: string
  /** Short texts beside the data. A list keeps none. */
  readonly headers?: StreamHeaders
  /** How to keep a queue that does not exist yet: `list` for Python consumers. An existing one stays as it is. Default: `stream`. */
  readonly encoding?: StreamEncoding
  /** Remove the oldest messages beyond so many, but none that a group has still to acknowledge. Default: no bound. */
  readonly maxLength?: number
  /** Remove older messages, but none that a group has still to acknowledge. Default: no bound. */
  readonly maxAgeMillis?: number
}

/** What publishing can fail with. */
export type PublishError = QueueError | ObjectTooLarge

/** The largest message, in bytes: 16 MiB, as for objects that are stored whole. */
export const maxMessageBytes = 16 * 1024 * 1024

/** Bounds of one batch: a fraction of a millisecond of the server's time, which it gives everyone in turn. */
const maxBatchMessages = 256
const maxBatchBytes = 1024 * 1024
/** How long a batch is tried, and how long a message may wait for its turn, in milliseconds. */
const maxTryMillis = 10_000
/** The pause before a batch is tried again, in milliseconds; each further one is longer. */
const firstPauseMillis = 50
/** Lanes that are kept for queues that nobody publishes to at the moment. */
const maxIdleLanes = 1024

const retries = Schedule.exponential(firstPauseMillis).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: maxTryMillis }),
)

const mayPass = (error: QueueError): error is BackendError => error._tag === "BackendError" && error.isRetryable

type Lane = Batcher<QueueEntry, string, QueueError>
type Bounds = Pick<PublishBatch, "encoding" | "maxLength" | "maxAgeMillis">

/** See the head of this file. */
export class Publisher {
  readonly #resolve: QueueResolver
  readonly #registrar: QueueRegistrar
  readonly #fork: Fork
  readonly #id: string
  readonly #lanes = new Map<string, Lane>()
  #laneCount = 0

  private constructor(resolve: QueueResolver, registrar: QueueRegistrar, fork: Fork, id: string) {
    this.#resolve = resolve
    this.#registrar = registrar
    this.#fork = fork
    this.#id = id
  }

  /** Makes a publisher with a name that no other has. */
  static readonly make = Effect.fnUntraced(function* (resolve: QueueResolver, routing: StreamRouting["Service"]) {
    const fork = Effect.runForkWith(yield* Effect.context<never>())
    const now = yield* Clock.currentTimeMillis
    const parts = [now, yield* Random.nextInt, yield* Random.nextInt]
    const id = parts.map((part) => Math.abs(part).toString(36)).join("")
    return new Publisher(resolve, new QueueRegistrar(routing), fork, id)
  })

  /** Publishes one message and gives its id, empty on a list. The data may be changed once this has begun. */
  publish(queue: string, data: Uint8Array, options: PublishOptions): Effect.Effect<string, PublishError> {
    return Effect.suspend((): Effect.Effect<string, PublishError> => {
      const { headers = noHeaders, encoding = "stream", maxLength, maxAgeMillis } = options
      const problem = problemOf(queue, data, headers, options)
      if (problem !== undefined) return Effect.fail(problem)
      // The batch leaves later, and may be sent again.
      const entry = { data: new Uint8Array(data), headers }
      const bounds = { encoding, maxLength, maxAgeMillis }
      return Effect.flatMap(queueAddress(queue, options.framedbId), (address) => {
        const send = this.#lane(address, bounds).request(entry, data.byteLength)
        return this.#registrar.isRegistered(address) ? send : Effect.andThen(this.#registrar.register(address), send)
      })
    })
  }

  #lane(address: QueueAddress, bounds: Bounds): Lane {
    const { queue, framedbId } = address
    const key = `${bounds.encoding} ${bounds.maxLength} ${bounds.maxAgeMillis} ${queue.length}:${queue}${framedbId}`
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    if (this.#lanes.size >= maxIdleLanes) this.#forgetIdle()
    const made = this.#makeLane(address, bounds)
    this.#lanes.set(key, made)
    return made
  }

  #makeLane({ queue, framedbId }: QueueAddress, bounds: Bounds): Lane {
    const publisher = `${this.#id}-${this.#laneCount++}`
    let sequence = 0
    return new Batcher<QueueEntry, string, QueueError>({
      run: (messages) => {
        const batch = { ...bounds, queue, messages, publisher, sequence: sequence++ }
        const send = Effect.scoped(Effect.flatMap(this.#resolve(framedbId), (store) => store.publish(batch)))
        // A retry around every batch would cost more than the batch.
        return Effect.catchIf(send, mayPass, () =>
          Effect.delay(Effect.retry(send, { schedule: retries, while: mayPass }), firstPauseMillis),
        )
      },
      fork: this.#fork,
      maxItems: maxBatchMessages,
      maxBytes: maxBatchBytes,
      maxInFlight: 1,
      maxWaitMillis: maxTryMillis,
      overloaded: (message) =>
        new BackendError({
          backend: "redis",
          operation: "publish",
          instance: framedbId,
          reason: backendReason("Overloaded", message),
          maybeApplied: false,
        }),
      // A batch is known by its number as a whole.
      splitOn: () => false,
    })
  }

  #forgetIdle(): void {
    for (const [key, lane] of this.#lanes) if (lane.isIdle) this.#lanes.delete(key)
  }
}

const problemOf = (
  queue: string,
  data: unknown,
  headers: StreamHeaders,
  { encoding, maxLength, maxAgeMillis }: PublishOptions,
): InvalidArgument | ObjectTooLarge | undefined => {
  const invalid = (argument: string, message: string) => new InvalidArgument({ argument, message })
  if (!(data instanceof Uint8Array)) return invalid("data", "data is a Uint8Array")
  if (data.byteLength > maxMessageBytes) {
    return new ObjectTooLarge({ key: queue, sizeBytes: data.byteLength, limitBytes: maxMessageBytes })
  }
  const headerProblem = headers === noHeaders ? undefined : problemOfHeaders(headers)
  if (headerProblem !== undefined) return invalid("headers", headerProblem)
  if (encoding !== undefined && encoding !== "stream" && encoding !== "list") {
    return invalid("encoding", 'encoding is "stream" or "list"')
  }
  if (encoding === "list" && headers !== noHeaders && Object.keys(headers).length > 0) {
    return invalid("headers", "a list keeps no headers")
  }
  if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength > 0)) {
    return invalid("maxLength", "maxLength is a whole number above 0")
  }
  if (maxAgeMillis !== undefined && !(Number.isInteger(maxAgeMillis) && maxAgeMillis > 0)) {
    return invalid("maxAgeMillis", "maxAgeMillis is a whole number above 0")
  }
  return undefined
}
