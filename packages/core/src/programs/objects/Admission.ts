/**
 * Lets so many writes be under way at once, and lets others wait their turn before anything of them is sent: a write that has
 * stored its bytes and then finds that the routing service can't keep up has done its work in vain, and has to undo it.
 *
 * Bounded in the number that waits and in the time that each of them does; who gets no turn has changed nothing.
 */
import * as Effect from "effect/Effect"
import type { BackendError } from "../../errors/BackendError.ts"
import { maxWaitingRequests } from "../instances/Batcher.ts"
import { overloaded } from "../routes/registrations.ts"

/** How many may be under way: what four batches of registrations take, two under way and two to be next. */
export const maxWritesUnderWay = 1024

/** One that wants to be under way, or is. */
interface Turn {
  isIn: boolean
  begin: (() => void) | undefined
}

/** Lets a bounded number of writes begin, and has the others wait, bounded too. */
export class Admission {
  readonly #maxWaitMillis: number
  readonly #line = new Set<Turn>()
  #free = maxWritesUnderWay

  /** `maxWaitMillis`: how long anyone may wait. */
  constructor(maxWaitMillis: number) {
    this.#maxWaitMillis = maxWaitMillis
  }

  /** Runs a write when its turn comes. Fails with `Overloaded`, surely not applied, where none comes. */
  admit<A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E | BackendError> {
    return Effect.suspend(() => {
      const turn: Turn = { isIn: false, begin: undefined }
      const leave = Effect.sync(() => this.#leave(turn))
      return Effect.ensuring(Effect.andThen(this.#enter(turn), write), leave)
    })
  }

  #enter(turn: Turn): Effect.Effect<void, BackendError> {
    if (this.#free > 0) {
      this.#free--
      turn.isIn = true
      return Effect.void
    }
    if (this.#line.size >= maxWaitingRequests) {
      return Effect.fail(overloaded(`${maxWaitingRequests} writes are waiting already`))
    }
    this.#line.add(turn)
    const millis = this.#maxWaitMillis
    return Effect.timeoutOrElse(
      Effect.callback<void>((resume) => {
        turn.begin = () => resume(Effect.void)
        if (turn.isIn) turn.begin()
      }),
      { duration: millis, orElse: () => Effect.fail(overloaded(`no turn came within ${millis} ms`)) },
    )
  }

  #leave(turn: Turn): void {
    if (!turn.isIn) {
      this.#line.delete(turn)
      return
    }
    for (const next of this.#line) {
      this.#line.delete(next)
      next.isIn = true
      next.begin?.()
      return
    }
    this.#free++
  }
}
