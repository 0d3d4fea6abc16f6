/**
 * Fibers that nobody's fiber is the parent of, and that end with the layer all the same.
 *
 * They are kept in numbered places that are taken again and again. A scope of its own, or a `Map`, would keep them in
 * tables that are made anew every few dozen fibers, and tables that have grown old keep what was in them, with every
 * result, until a full collection.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

class RunningFibers {
  readonly #places: Array<Fiber.Fiber<unknown, unknown> | undefined> = []
  readonly #free: Array<number> = []
  #isClosed = false

  /** Keeps a fiber until it ends. */
  add(fiber: Fiber.Fiber<unknown, unknown>): void {
    if (fiber.pollUnsafe() !== undefined) return
    if (this.#isClosed) {
      fiber.interruptUnsafe()
      return
    }
    const place = this.#free.pop() ?? this.#places.length
    this.#places[place] = fiber
    fiber.addObserver(() => {
      this.#places[place] = undefined
      this.#free.push(place)
    })
  }

  /** Interrupts every fiber, waits for their ends, and lets none run that is added later. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true
    return Fiber.interruptAll(this.#places.filter((fiber) => fiber !== undefined))
  })
}

/** Starts effects with services, in fibers that are interrupted when the scope closes; at once where it has closed. */
export const forkIn = (scope: Scope.Scope) => {
  const running = new RunningFibers()
  Effect.runSync(Scope.addFinalizer(scope, running.close))
  return (services: Context.Context<never>) =>
    <A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> => {
      const fiber = Effect.runForkWith(services)(effect)
      running.add(fiber)
      return fiber
    }
}
