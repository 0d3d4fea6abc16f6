/**
 * One way into one queue: what one publisher sends to it with the same bounds, in batches and in order.
 *
 * What one turn of the event loop publishes is one batch. Two batches may be under way, so that the instance works on one
 * while this process prepares the other; a batch says whether the one before is still under way, and the store adds it
 * only after that. A batch that failed in a way that may pass waits until the one before is settled and is sent again:
 * the store knows it by its number and adds it once. It knows the last two numbers, so that no batch is sent before the
 * last but one is settled.
 *
 * A batch that nothing keeps back is sent without a fiber: on an idle queue that is a good part of a delivery. Whatever
 * goes wrong is left to a fiber.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { type PublishBatch, publishBatchesInFlight, type QueueEntry, type QueueStore } from "../../ports/QueueStore.ts"
import type { StreamHeaders } from "../../ports/StreamMessage.ts"
import { Batcher, type Resume } from "../instances/Batcher.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import type { OpenQueues, QueueError } from "./QueueResolver.ts"
import type { QueueAddress } from "./queueAddress.ts"

/** Bounds of one batch: a fraction of a millisecond of the server's time, which it gives everyone in turn. */
const maxBatchMessages = 256
const maxBatchBytes = 1024 * 1024
/** How long a batch is tried, and how long a message may wait for its turn, in milliseconds. */
const maxTryMillis = 10_000
/** The pause before a batch is tried again, in milliseconds; each further one is longer. */
const firstPauseMillis = 50

const mayPass = (error: QueueError): error is BackendError => error._tag === "BackendError" && error.isRetryable

/** What a list answers to a batch of which any message has headers: none was added. */
export const keepsNoHeaders = (error: { readonly _tag: string }): error is BackendError =>
  error instanceof BackendError && error.reason.code === "NOHEADERS"

const hasAny = (headers: StreamHeaders): boolean => Object.keys(headers).length > 0

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
  /** The queue's instance, where it is open and nothing has to be done before a message is sent there. */
  readonly peek: () => OpenQueues | undefined
}

/** A batch and its place among the others. */
interface Turn {
  readonly batch: PublishBatch
  /** The last but one: nothing is sent before it is settled. */
  readonly oldest: Deferred.Deferred<void>
  readonly before: Deferred.Deferred<void>
  readonly settled: Deferred.Deferred<void>
}

/** A message's id, or why it was refused while others of its batch were not. */
type Answer = string | BackendError

/** Publishes to one queue in numbered batches. */
export class PublishLane {
  readonly #options: PublishLaneOptions
  readonly #batcher: Batcher<QueueEntry, Answer, QueueError>
  #nextSequence = 0
  /** The last two batches that were begun; each is completed when the batch is settled. */
  #oldest = settledBatch()
  #before = settledBatch()

  constructor(options: PublishLaneOptions) {
    this.#options = options
    this.#batcher = new Batcher({
      run: (messages) => this.#run(this.#begin(messages)),
      start: (messages, resume) => this.#start(this.#begin(messages), resume),
      fork: options.fork,
      maxItems: maxBatchMessages,
      maxBytes: maxBatchBytes,
      maxInFlight: publishBatchesInFlight,
      sendsLoneAtOnce: true,
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
    return this.#batcher.submit(entry, entry.data.byteLength, (exit) => {
      if (Exit.isFailure(exit)) resume(Exit.failCause(exit.cause))
      else resume(typeof exit.value === "string" ? Exit.succeed(exit.value) : Exit.fail(exit.value))
    })
  }

  #begin(messages: ReadonlyArray<QueueEntry>): Turn {
    const { address, bounds, publisher } = this.#options
    const { encoding, maxLength, maxAgeMillis } = bounds
    const turn: Turn = {
      batch: {
        queue: address.queue,
        messages,
        encoding,
        publisher,
        sequence: this.#nextSequence++,
        isFollowing: !Deferred.isDoneUnsafe(this.#before),
        maxLength,
        maxAgeMillis,
      },
      oldest: this.#oldest,
      before: this.#before,
      settled: Deferred.makeUnsafe(),
    }
    this.#oldest = turn.before
    this.#before = turn.settled
    return turn
  }

  #start(turn: Turn, resume: Resume<ReadonlyArray<Answer>, QueueError>): void {
    const { fork, peek } = this.#options
    const opened = Deferred.isDoneUnsafe(turn.oldest) ? peek() : undefined
    const startPublish = opened?.connection.queues.startPublish
    if (opened === undefined || startPublish === undefined) {
      fork(this.#run(turn)).addObserver(resume)
      return
    }
    opened.pins++
    startPublish(turn.batch, (exit) => {
      opened.pins--
      if (Exit.isFailure(exit)) {
        fork(this.#settle(turn, exit)).addObserver(resume)
        return
      }
      Deferred.doneUnsafe(turn.settled, Effect.void)
      resume(exit)
    })
  }

  #run(turn: Turn): Effect.Effect<ReadonlyArray<Answer>, QueueError> {
    const first = Effect.suspend(() => this.#send(turn, !Deferred.isDoneUnsafe(turn.before)))
    const isNext = Deferred.isDoneUnsafe(turn.oldest)
    return this.#settle(turn, isNext ? first : Effect.andThen(Deferred.await(turn.oldest), first))
  }

  /** Makes the best of what a batch was answered. */
  #settle(turn: Turn, sent: Effect.Effect<ReadonlyArray<string>, QueueError>) {
    return this.#persist(turn, sent).pipe(
      Effect.catchIf(keepsNoHeaders, (refusal) => this.#sendPlain(turn, refusal)),
      Effect.onExit(() => Effect.sync(() => Deferred.doneUnsafe(turn.settled, Effect.void))),
    )
  }

  /** A retry around every batch would cost more than the batch. */
  #persist(turn: Turn, sent: Effect.Effect<ReadonlyArray<string>, QueueError>) {
    return Effect.catchIf(
      sent,
      (error) => mayPass(error) || isOutOfOrder(error),
      () => this.#sendAgain(turn),
    )
  }

  readonly #sendAgain = Effect.fnUntraced({ self: this }, function* (this: PublishLane, turn: Turn) {
    const began = yield* Clock.currentTimeMillis
    // Ends within the time that the batch before may take, which began to be tried no later.
    yield* Deferred.await(turn.before)
    // A clock that was set back meanwhile makes the rest no longer.
    const waited = Math.max(0, (yield* Clock.currentTimeMillis) - began)
    const again = Effect.retry(this.#send(turn, false), { schedule: retries(maxTryMillis - waited), while: mayPass })
    return yield* waited === 0 ? Effect.delay(again, firstPauseMillis) : again
  })

  /** The messages without headers, under the number of the batch that was refused: it was not added. */
  readonly #sendPlain = Effect.fnUntraced(
    { self: this },
    function* (this: PublishLane, turn: Turn, refusal: BackendError) {
      const { messages } = turn.batch
      const plain = messages.filter(({ headers }) => !hasAny(headers))
      if (plain.length === 0) return yield* refusal
      const batch = { ...turn.batch, messages: plain }
      const plainTurn = { ...turn, batch }
      const ids = yield* this.#persist(plainTurn, this.#send(plainTurn, !Deferred.isDoneUnsafe(turn.before)))
      let next = 0
      return messages.map(({ headers }): Answer => (hasAny(headers) ? refusal : (ids[next++] ?? "")))
    },
  )

  #send({ batch }: Turn, isFollowing: boolean): Effect.Effect<ReadonlyArray<string>, QueueError> {
    const { open } = this.#options
    return Effect.scoped(Effect.flatMap(open, (store) => store.publish({ ...batch, isFollowing })))
  }
}
