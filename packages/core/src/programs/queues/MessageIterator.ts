/**
 * A listener's messages for `for await`, without a fiber a message: a message at hand is given by a plain function call.
 *
 * Leaving the loop, by `break`, `return` or `throw`, closes the listener; the message in hand goes back to the queue then,
 * since nobody can tell a `break` from a `throw`. So do the end of the runtime and the signal, also while the loop handles a
 * message and asks for nothing.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { StreamMessage } from "../../ports/StreamMessage.ts"
import type { Listener, StartAdvance } from "./Listener.ts"

/** What an iterator works with. */
export interface MessageIteratorOptions<A> {
  readonly open: Effect.Effect<Listener, unknown, Scope.Scope>
  /** Runs an effect where the caller runs effects. */
  readonly run: <B, E>(
    effect: Effect.Effect<B, E>,
    options?: { readonly signal?: AbortSignal },
  ) => Promise<Exit.Exit<B, unknown>>
  /** Rejects the pending `next` where the listener fails. Default: with the failure itself. */
  readonly reject?: (cause: Cause.Cause<unknown>) => Promise<never>
  /** What the consumer is given for a message. */
  readonly present: (message: StreamMessage) => A
  /** Stops the listener; the pending `next` rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

type Next<A> = IteratorResult<A, undefined>

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** The messages of a listener as an async iterable, to be iterated once. Opens when first asked for a message. */
export class MessageIterator<A> implements AsyncIterableIterator<A, undefined>, AsyncDisposable {
  readonly #options: MessageIteratorOptions<A>
  readonly #scope = Scope.makeUnsafe()
  readonly #stop = new AbortController()
  readonly #onAbort = () => {
    this.#stop.abort(this.#options.signal?.reason)
  }
  #listener: Listener | undefined
  #closing: Promise<void> | undefined
  #startAdvance: StartAdvance | undefined
  #stopWaiting: (() => void) | undefined
  #onStopped: (() => void) | undefined
  /** Ends with the listener: when no waiting without a fiber is under way, and none will be. */
  #standIn: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  /** How the consumer ended, where it did before anything else. */
  #exit: Exit.Exit<unknown, unknown> | undefined
  #leaving: Promise<void> | undefined
  /** The fetch that is under way: closing waits until it has been interrupted. */
  #running: Promise<unknown> | undefined
  /** Calls of `next` that overlap are answered in turn: how many there are, and the end of the last one. */
  #overlapping = 0
  #last: Promise<IteratorResult<A, undefined>> = Promise.resolve(done)

  constructor(options: MessageIteratorOptions<A>) {
    this.#options = options
    if (options.signal?.aborted === true) this.#onAbort()
    else options.signal?.addEventListener("abort", this.#onAbort, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next<A>> {
    if (this.#overlapping === 0 && this.#closing === undefined && !this.#stop.signal.aborted) {
      const message = this.#listener?.takeNext()
      if (message !== undefined) return Promise.resolve({ done: false, value: this.#options.present(message) })
    }
    const isFirst = this.#overlapping === 0
    this.#overlapping++
    const fetchNext = () => this.#fetchNext()
    // Nothing but its caller hangs on a lone fetch: an error's stack is followed to who awaits it only where that is one.
    this.#last = isFirst ? this.#fetchNext() : this.#last.then(fetchNext, fetchNext)
    return this.#last
  }

  async return(): Promise<Next<A>> {
    await this.#close(Exit.void)
    return done
  }

  async throw(error: unknown): Promise<Next<A>> {
    await this.#close(Exit.die(error))
    throw error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(Exit.void)
  }

  /**
   * Counted out before its answer is there, so that the consumer's next call finds nothing in its way. Without `await`: every
   * promise between a message and its consumer is a turn that it waits.
   */
  #fetchNext(): Promise<Next<A>> {
    if (this.#closing !== undefined) {
      this.#overlapping--
      return this.#closing.then(() => done)
    }
    const start = this.#startAdvance
    if (start !== undefined) {
      const message = this.#listener?.takeNext()
      return message === undefined
        ? new Promise((resolve) => this.#wait(start, resolve))
        : Promise.resolve(this.#answer(Exit.succeed(message)))
    }
    const running = this.#options.run(this.#advance, { signal: this.#stop.signal })
    this.#running = running
    return running.then((exit) => {
      if (Exit.isSuccess(exit) && this.#listener !== undefined) this.#standInFor(this.#listener)
      return this.#answer(exit)
    })
  }

  #wait(start: StartAdvance, resolve: (next: Next<A> | Promise<Next<A>>) => void): void {
    let isAnswered = false
    const stop = start((exit) => {
      isAnswered = true
      this.#stopWaiting = undefined
      this.#onStopped?.()
      resolve(this.#answer(exit))
    })
    if (!isAnswered) this.#stopWaiting = stop
  }

  /** One fiber stands for the consumer from now on: what interrupts it, such as the end of its runtime, ends the listener. */
  #standInFor(listener: Listener): void {
    if (this.#standIn !== undefined) return
    this.#startAdvance = listener.startAdvance
    // Within the fiber, since its runtime waits for that, with the connections that the listener needs to leave its group.
    const standIn = Effect.onInterrupt(Effect.never, () => Effect.promise(() => this.#stopped()))
    // And after it, where the runtime has ended before the fiber began.
    this.#standIn = this.#options.run(standIn, { signal: this.#stop.signal }).then(() => this.#stopped())
  }

  #stopped(): Promise<void> {
    this.#stopping ??= this.#stopAndLeave()
    return this.#stopping
  }

  async #stopAndLeave(): Promise<void> {
    this.#startAdvance = undefined
    this.#listener = undefined
    const stopWaiting = this.#stopWaiting
    if (stopWaiting !== undefined) {
      await new Promise<void>((stopped) => {
        this.#onStopped = stopped
        stopWaiting()
      })
    }
    await this.#running
    await this.#leave()
  }

  /** Not where the caller runs effects: that may be closed already, and the connection has to end all the same. */
  #leave(): Promise<void> {
    this.#leaving ??= Effect.runPromise(Scope.close(this.#scope, this.#exit ?? Exit.interrupt()))
    return this.#leaving
  }

  #answer(exit: Exit.Exit<StreamMessage, unknown>): Next<A> | Promise<Next<A>> {
    if (Exit.isFailure(exit)) return this.#end(exit)
    this.#overlapping--
    return { done: false, value: this.#options.present(exit.value) }
  }

  async #end(exit: Exit.Failure<unknown, unknown>): Promise<Next<A>> {
    const isAborted = this.#options.signal?.aborted === true
    const isDone = exit.cause.reasons.some((reason) => reason._tag === "Fail" && Cause.isDone(reason.error))
    // `return` was called while this was waiting: it has interrupted it.
    const isClosed = this.#closing !== undefined
    await this.#close(isDone ? Exit.succeed("done") : exit)
    this.#overlapping--
    if (isAborted) throw this.#options.signal?.reason
    if (isDone || isClosed) return done
    // Awaited, so that what makes the stack finds who waits for this.
    if (this.#options.reject !== undefined) return await this.#options.reject(exit.cause)
    throw Cause.squash(exit.cause)
  }

  get #advance() {
    return Effect.gen({ self: this }, function* () {
      if (this.#listener === undefined) this.#listener = yield* Scope.provide(this.#options.open, this.#scope)
      return this.#listener.takeNext() ?? (yield* this.#listener.advance)
    })
  }

  #close(exit: Exit.Exit<unknown, unknown>): Promise<void> {
    if (this.#closing === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#exit = exit
      this.#closing = promise
      // After it is known: what this interrupts comes back here at once.
      resolve(this.#finish())
    }
    return this.#closing
  }

  async #finish(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#onAbort)
    this.#stop.abort()
    await this.#running
    await this.#standIn
    await this.#leave()
  }
}
