/**
 * Turns concurrent requests into batches.
 *
 * A request waits for the end of the current tick, not for a timer: what one turn of the event loop asks for goes out
 * together, and a lone request goes out at once. At most `maxInFlight` batches are under way; what arrives meanwhile
 * becomes the next ones, so that batches grow with the load. What would fill a large batch goes out as several, so that
 * the backend works on one while this process works on another: callers that wait for each other's batch would leave both
 * idle in turn. Bounded in items and bytes a batch, in waiting requests, and in the time that a request waits for its turn.
 *
 * Requests are plain callbacks, because a fiber a request would cost more than its share of a batch.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"

/** Called once with the answer to a request. */
export type Resume<A, E> = (exit: Exit.Exit<A, E>) => void

/** What a batcher does with its batches, and their bounds. */
export interface BatcherOptions<Item, A, E> {
  /** Answers a batch, in the order of its items. */
  readonly run: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<A>, E>
  /** The same without a fiber, where there is a way: calls `resume` once. Then `run` is not used. */
  readonly start?: ((items: ReadonlyArray<Item>, resume: Resume<ReadonlyArray<A>, E>) => void) | undefined
  /** Starts a batch with the services of the layer that owns the batcher. */
  readonly fork: <B, E2>(effect: Effect.Effect<B, E2>) => Fiber.Fiber<B, E2>
  readonly maxItems: number
  readonly maxBytes: number
  readonly maxInFlight: number
  /**
   * Whether a request that comes alone is sent at once, and not at the end of its turn: where the one before has come and
   * been answered without another in between. A caller that waits for each answer wins a few microseconds; callers that come
   * in step still share, all but the first time. Default: no.
   */
  readonly sendsLoneAtOnce?: boolean | undefined
  /** The fewest requests that are worth a batch of their own where they could share one. Default 32. */
  readonly minPartItems?: number | undefined
  /** How long a request may wait for its turn, in milliseconds. Once sent, the backend's own deadline counts. */
  readonly maxWaitMillis: number
  /** The failure of a request that finds too many waiting, or waited too long. */
  readonly overloaded: (message: string) => E
  /** Whether items of a failed batch should be tried one by one, since one of them may have spoiled it for all. */
  readonly splitOn: (error: E) => boolean
}

/** A batch costs what a dozen requests do; with 64 callers, two batches of 32 answer more than one of 64 or four of 16. */
const defaultMinPartItems = 32

/** The most requests that wait for their turn: beyond it a caller is told to slow down. */
export const maxWaitingRequests = 65_536

/**
 * A request lets go of its caller when it is answered: an array that held it may be old, because it lived through a
 * collection or because the engine has learned to put what its literal makes among old objects, and would keep the caller
 * and the answer until a full collection.
 */
class Request<Item, A, E> {
  readonly item: Item
  readonly bytes: number
  state: "waiting" | "sent" | "gone" = "waiting"
  #resume: Resume<A, E> | undefined

  constructor(item: Item, bytes: number, resume: Resume<A, E>) {
    this.item = item
    this.bytes = bytes
    this.#resume = resume
  }

  answer(exit: Exit.Exit<A, E>): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.(exit)
  }
}

/** Turns concurrent requests into batches, without a timer and within bounds. */
export class Batcher<Item, A, E> {
  readonly #options: BatcherOptions<Item, A, E>
  /** Requests that were taken leave a hole. */
  #waiting: Array<Request<Item, A, E> | undefined> = []
  /** Where the queue begins; taking from the front of an array would move the rest. */
  #head = 0
  #inFlight = 0
  #isScheduled = false
  /** How many requests have come since there was none, and whether it was one alone the last time. */
  #company = 0
  #wasLone = false
  #timer: Fiber.Fiber<void> | undefined

  constructor(options: BatcherOptions<Item, A, E>) {
    this.#options = options
  }

  /** Whether nothing is waiting or under way. */
  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#head === this.#waiting.length
  }

  /**
   * Asks, and gives a function that takes the question back: it says `true` where it came in time, so that nothing is
   * sent and `resume` is never called, and `false` where the answer will still come.
   */
  submit(item: Item, bytes: number, resume: Resume<A, E>): () => boolean {
    const request = new Request(item, bytes, resume)
    if (this.#waiting.length - this.#head >= maxWaitingRequests) {
      resume(Exit.fail(this.#options.overloaded(`${maxWaitingRequests} requests are waiting already`)))
      return () => false
    }
    if (this.isIdle) this.#company = 0
    this.#company++
    if (this.#wasLone && this.#company === 1) {
      request.state = "sent"
      this.#send([request])
    } else {
      this.#waiting.push(request)
      this.#schedule()
    }
    return () => {
      if (request.state === "waiting") request.state = "gone"
      return request.state === "gone"
    }
  }

  /** Asks as an effect; interruption takes the question back. */
  request(item: Item, bytes: number): Effect.Effect<A, E> {
    return Effect.callback((resume) => Effect.sync(this.submit(item, bytes, resume)))
  }

  #schedule(): void {
    if (this.#isScheduled) return
    if (this.#inFlight >= this.#options.maxInFlight) {
      if (this.#head < this.#waiting.length) this.#watch()
      return
    }
    this.#isScheduled = true
    // Runs after every continuation that this turn has set free, so that they share a batch.
    process.nextTick(() => {
      this.#isScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const free = this.#options.maxInFlight - this.#inFlight
    const waiting = this.#waiting.length - this.#head
    const { minPartItems = defaultMinPartItems } = this.#options
    const parts = Math.max(1, Math.min(free, Math.floor(waiting / minPartItems)))
    const items = Math.min(this.#options.maxItems, Math.ceil(waiting / parts))
    while (this.#inFlight < this.#options.maxInFlight) {
      const batch = this.#take(items)
      if (batch.length === 0) break
      this.#send(batch)
    }
    if (this.#head < this.#waiting.length) this.#watch()
  }

  #take(maxItems: number): Array<Request<Item, A, E>> {
    const batch: Array<Request<Item, A, E>> = []
    let bytes = 0
    while (this.#head < this.#waiting.length && batch.length < maxItems) {
      const request = this.#waiting[this.#head]
      if (request?.state === "waiting") {
        if (batch.length > 0 && bytes + request.bytes > this.#options.maxBytes) break
        bytes += request.bytes
        request.state = "sent"
        batch.push(request)
      }
      this.#waiting[this.#head] = undefined
      this.#head++
    }
    this.#compact()
    return batch
  }

  #compact(): void {
    if (this.#head === this.#waiting.length) this.#waiting = []
    else if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) this.#waiting = this.#waiting.slice(this.#head)
    else return
    this.#head = 0
  }

  #send(batch: ReadonlyArray<Request<Item, A, E>>): void {
    this.#inFlight++
    const { start, run, fork } = this.#options
    const items = batch.map((request) => request.item)
    const resume: Resume<ReadonlyArray<A>, E> = (exit) => this.#onExit(batch, exit)
    if (start === undefined) fork(run(items)).addObserver(resume)
    else start(items, resume)
  }

  #onExit(batch: ReadonlyArray<Request<Item, A, E>>, exit: Exit.Exit<ReadonlyArray<A>, E>): void {
    this.#inFlight--
    this.#wasLone = this.#company === 1 && this.#options.sendsLoneAtOnce === true
    if (this.#shouldSplit(batch, exit)) for (const request of batch) this.#send([request])
    else this.#answer(batch, exit)
    this.#schedule()
    // A timer that nobody waits for would keep a script alive.
    if (this.#head === this.#waiting.length) this.#timer?.interruptUnsafe()
  }

  #shouldSplit(batch: ReadonlyArray<Request<Item, A, E>>, exit: Exit.Exit<ReadonlyArray<A>, E>): boolean {
    if (batch.length === 1 || Exit.isSuccess(exit)) return false
    const reason = exit.cause.reasons[0]
    return reason !== undefined && reason._tag === "Fail" && this.#options.splitOn(reason.error)
  }

  #answer(batch: ReadonlyArray<Request<Item, A, E>>, exit: Exit.Exit<ReadonlyArray<A>, E>): void {
    for (let index = 0; index < batch.length; index++) {
      // The contract of `run`: one answer an item, in order.
      batch[index]?.answer(Exit.isSuccess(exit) ? Exit.succeed(exit.value[index] as A) : Exit.failCause(exit.cause))
    }
  }

  /** While requests wait behind full batches, one timer for all of them ends those whose turn does not come. */
  #watch(): void {
    if (this.#timer !== undefined) return
    const last = this.#waiting[this.#waiting.length - 1]
    this.#timer = this.#options.fork(Effect.sleep(this.#options.maxWaitMillis))
    this.#timer.addObserver((exit) => {
      this.#timer = undefined
      // Nobody waits any more, or `fork` runs nothing any more: then what waits is sent, and stopped, as places get free.
      if (Exit.isFailure(exit)) return
      this.#expireUpTo(last)
      if (this.#head < this.#waiting.length) this.#watch()
    })
  }

  #expireUpTo(last: Request<Item, A, E> | undefined): void {
    const end = last === undefined ? -1 : this.#waiting.indexOf(last, this.#head)
    const error = () => this.#options.overloaded(`no turn came within ${this.#options.maxWaitMillis} ms`)
    for (let index = this.#head; index <= end; index++) {
      const request = this.#waiting[index]
      if (request?.state !== "waiting") continue
      request.state = "gone"
      request.answer(Exit.fail(error()))
    }
    this.#head = Math.max(this.#head, end + 1)
    this.#compact()
  }
}
