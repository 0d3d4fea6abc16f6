/**
 * One piece of work for everyone who asks for the same thing at the same time.
 *
 * The work runs in a fiber of its own, so that the first caller's interruption doesn't fail the others; it is
 * interrupted when the last one has gone.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Resume } from "./Batcher.ts"
import type { Fork } from "./OpenInstance.ts"

interface Flight<A, E> {
  readonly waiters: Set<Resume<A, E>>
  fiber: Fiber.Fiber<A, E> | undefined
}

/** Does one piece of work for everyone who asks for the same thing at the same time. */
export class SingleFlight<Key, A, E> {
  readonly #flights = new Map<Key, Flight<A, E>>()
  readonly #fork: Fork

  constructor(fork: Fork) {
    this.#fork = fork
  }

  /** Joins the work under way for `key`, or starts it, and gives a function that leaves it. */
  join(key: Key, work: () => Effect.Effect<A, E>, resume: Resume<A, E>): () => void {
    const joined = this.#flights.get(key)
    const flight = joined ?? this.#begin(key)
    flight.waiters.add(resume)
    if (joined === undefined) this.#run(key, flight, work)
    return () => this.#leave(key, flight, resume)
  }

  /** Joins as an effect. */
  run(key: Key, work: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.callback((resume) => Effect.sync(this.join(key, work, resume)))
  }

  /** Lets the work under way for `key` finish for those who wait, and starts anew for whoever asks next. */
  detach(key: Key): void {
    this.#flights.delete(key)
  }

  #begin(key: Key): Flight<A, E> {
    const flight: Flight<A, E> = { waiters: new Set(), fiber: undefined }
    this.#flights.set(key, flight)
    return flight
  }

  #run(key: Key, flight: Flight<A, E>, work: () => Effect.Effect<A, E>): void {
    const fiber = this.#fork(work())
    flight.fiber = fiber
    fiber.addObserver((exit: Exit.Exit<A, E>) => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      for (const resume of flight.waiters) resume(exit)
      flight.waiters.clear()
    })
  }

  #leave(key: Key, flight: Flight<A, E>, resume: Resume<A, E>): void {
    if (!flight.waiters.delete(resume) || flight.waiters.size > 0) return
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
    flight.fiber?.interruptUnsafe()
  }
}
