/**
 * One way into one queue: what one publisher sends to it with the same bounds, in batches and in order.
 *
 * What one turn of the event loop publishes is one batch. Two batches may be under way, so that the instance works on one
 * while this process prepares the other; a batch says whether the one before is still under way, and the store adds it
 * only after that. A batch that failed in a way that may pass waits until the one before is settled and is sent again:
 * the store knows it by its number and adds it once. It knows the last two numbers, so that no batch is sent before the
 * last but one is settled.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { type PublishBatch, publishBatchesInFlight, type QueueEntry, type QueueStore } from "../../ports/QueueStore.ts"
import { Batcher, type Resume } from "../instances/Batcher.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import type { QueueError } from "./QueueResolver.ts"
import type { QueueAddress } from "./queueAddress.ts"

/** Bounds of one batch: a fraction of a millisecond of the server's time, which it gives everyone in turn. */
const maxBatchMessages = 256
const maxBatchBytes = 1024 * 1024
/** How long a batch is tried, and how long a message may wait for its turn, in milliseconds. */
const maxTryMillis = 10_000
/** The pause before a batch is tried again, in milliseconds; each further one is longer. */
const firstPauseMillis = 50

const mayPass = (error: QueueError): error is BackendError => error._tag === "BackendError" && error.isRetryable

const isOutOfOrder = (error: QueueError): boolean => error._tag === "BackendError" && error.reason.code === "OUTOFORDER"

const retries = (millis: number) =>
  Schedule.exponential(firstPauseMillis).pipe(Schedule.jittered, Schedule.upTo({ duration: millis }))

const settledBatch = (): Deferred.Deferred<void> => {
  const settled = Deferred.makeUnsafe<void>()
  Deferred.doneUnsafe(settled, Effect.void)
  return settled
}

/** How a lane keeps its queue. */
export type LaneBounds = Pick<PublishBatch, "encoding" | "maxLength" | "maxAgeMillis">

/** What a lane is made of. */
export interface PublishLaneOptions {
  readonly address: QueueAddress
  readonly bounds: LaneBounds
  /** A name that no other lane has. */
  readonly publisher: string
  readonly fork: Fork
  /** Opens the queue's store. */
  readonly open: Effect.Effect<QueueStore, QueueError, Scope.Scope>
}

type Numbered = Omit<PublishBatch, "isFollowing">

/** Publishes to one queue in numbered batches. */
export class PublishLane {
  readonly #options: PublishLaneOptions
  readonly #batcher: Batcher<QueueEntry, string, QueueError>
  #nextSequence = 0
  /** The batches that were begun last, the oldest first; each is completed when the batch is settled. */
  #latest: ReadonlyArray<Deferred.Deferred<void>> = Array.from({ length: publishBatchesInFlight }, settledBatch)

  constructor(options: PublishLaneOptions) {
    this.#options = options
    this.#batcher = new Batcher({
      run: (messages) => this.#run(messages),
      fork: options.fork,
      maxItems: maxBatchMessages,
      maxBytes: maxBatchBytes,
      maxInFlight: publishBatchesInFlight,
      maxWaitMillis: maxTryMillis,
      overloaded: (message) =>
        new BackendError({
          backend: "redis",
          operation: "publish",
          instance: options.address.framedbId,
          reason: backendReason("Overloaded", message),
          maybeApplied: false,
        }),
      // A batch is known by its number as a whole.
      splitOn: () => false,
    })
  }

  get address(): QueueAddress {
    return this.#options.address
  }

  get bounds(): LaneBounds {
    return this.#options.bounds
  }

  /** Whether nothing is waiting or under way. */
  get isIdle(): boolean {
    return this.#batcher.isIdle
  }

  /** Publishes a message, whose data nobody changes any more; see `Batcher.submit`. */
  submit(entry: QueueEntry, resume: Resume<string, QueueError>): () => boolean {
    return this.#batcher.submit(entry, entry.data.byteLength, resume)
  }

  #run(messages: ReadonlyArray<QueueEntry>): Effect.Effect<ReadonlyArray<string>, QueueError> {
    const { address, bounds, publisher } = this.#options
    const [oldest, ...others] = this.#latest
    const before = this.#latest.at(-1) ?? settledBatch()
    const settled = Deferred.makeUnsafe<void>()
    this.#latest = [...others, settled]
    const batch = { ...bounds, queue: address.queue, messages, publisher, sequence: this.#nextSequence++ }
    const first = Effect.suspend(() => this.#send(batch, !Deferred.isDoneUnsafe(before)))
    const inTurn =
      oldest === undefined || Deferred.isDoneUnsafe(oldest) ? first : Effect.andThen(Deferred.await(oldest), first)
    // A retry around every batch would cost more than the batch.
    return inTurn.pipe(
      Effect.catchIf(
        (error) => mayPass(error) || isOutOfOrder(error),
        () => this.#sendAgain(batch, before),
      ),
      Effect.onExit(() => Effect.sync(() => Deferred.doneUnsafe(settled, Effect.void))),
    )
  }

  readonly #sendAgain = Effect.fnUntraced(
    { self: this },
    function* (this: PublishLane, batch: Numbered, before: Deferred.Deferred<void>) {
      const began = yield* Clock.currentTimeMillis
      // Ends within the time that the batch before may take, which began to be tried no later.
      yield* Deferred.await(before)
      const waited = (yield* Clock.currentTimeMillis) - began
      const again = Effect.retry(this.#send(batch, false), { schedule: retries(maxTryMillis - waited), while: mayPass })
      return yield* waited === 0 ? Effect.delay(again, firstPauseMillis) : again
    },
  )

  #send(batch: Numbered, isFollowing: boolean): Effect.Effect<ReadonlyArray<string>, QueueError> {
    return Effect.scoped(Effect.flatMap(this.#options.open, (store) => store.publish({ ...batch, isFollowing })))
  }
}
