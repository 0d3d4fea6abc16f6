/** Runs effects of a layer as Promises: connects when first used, stops what a signal aborts, closes everything at the end. */

import { InvalidArgument } from "@framedb/core"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import { rejected } from "./callerTrace.ts"

/** What every call of the Promise client takes. */
export interface CallOptions {
  /** Stops the call when it is aborted; the call then rejects with the signal's reason. A write may have been applied. */
  readonly signal?: AbortSignal | undefined
}

const closed = () => new InvalidArgument({ argument: "client", message: "this client is closed: make a new one" })

/** What a Promise rejects with: the typed error itself, or the defect. What nobody's signal has stopped, closing has. */
export const rejectionOf = (cause: Cause.Cause<unknown>, signal: AbortSignal | undefined): unknown => {
  if (!Cause.hasInterruptsOnly(cause)) return Cause.squash(cause)
  return signal?.aborted === true ? signal.reason : closed()
}

/** Runs effects of a layer as Promises, and closes the layer at the end. */
export class Runner<R, E> {
  readonly #runtime: ManagedRuntime.ManagedRuntime<R, E>
  #isClosed = false

  constructor(layer: Layer.Layer<R, E>) {
    this.#runtime = ManagedRuntime.make(layer)
  }

  /** The services, once they have been made and until the end: what needs no fiber is called on them directly. */
  get services(): Context.Context<R> | undefined {
    return this.#isClosed ? undefined : this.#runtime.cachedContext
  }

  /** Runs an effect. */
  run<A, E2>(effect: Effect.Effect<A, E2, R>, signal?: AbortSignal): Promise<A> {
    if (this.#isClosed) return Promise.reject(closed())
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    return new Promise((resolve) => {
      const onExit = (exit: Exit.Exit<A, E | E2>) =>
        resolve(Exit.isSuccess(exit) ? exit.value : rejected(rejectionOf(exit.cause, signal)))
      this.#runtime.runCallback(effect, signal === undefined ? { onExit } : { signal, onExit })
    })
  }

  /** Runs an effect, and resolves with how it ended. */
  runExit<A, E2>(
    effect: Effect.Effect<A, E2, R>,
    signal?: AbortSignal,
  ): Promise<Exit.Exit<A, E | E2 | InvalidArgument>> {
    if (this.#isClosed) return Promise.resolve(Exit.fail(closed()))
    return this.#runtime.runPromiseExit(effect, signal === undefined ? {} : { signal })
  }

  /** The services as an effect, for what runs elsewhere; makes them when they are first needed. */
  get servicesEffect(): Effect.Effect<Context.Context<R>, E> {
    return this.#runtime.contextEffect
  }

  /** Runs a stream as an iterable that can be iterated once or more; leaving the loop stops the stream. */
  async *iterate<A, E2>(stream: Stream.Stream<A, E2, R>, signal?: AbortSignal): AsyncGenerator<A, void, undefined> {
    const services = await this.run(Effect.context<R>(), signal)
    const stopped = signal === undefined ? stream : Stream.interruptWhen(stream, aborted(signal))
    try {
      yield* Stream.toAsyncIterableWith(stopped, services)
    } catch (error) {
      await rejected(error)
    }
    // A stream that was interrupted by the signal just ends.
    if (signal?.aborted === true) throw signal.reason
  }

  /** Closes every connection. Harmless when done again. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#runtime.dispose()
  }
}

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const onAbort = () => resume(Effect.void)
    if (signal.aborted) onAbort()
    else signal.addEventListener("abort", onAbort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", onAbort))
  })
