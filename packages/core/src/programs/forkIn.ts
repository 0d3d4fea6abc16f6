/** Fibers that nobody's fiber is the parent of, and that end with the layer all the same. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/** Starts an effect with services, in a fiber that is interrupted when the scope closes; at once where it has closed. */
export const forkIn =
  (scope: Scope.Scope) =>
  (services: Context.Context<never>) =>
  <A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> =>
    Fiber.runIn(Effect.runForkWith(services)(effect), scope)
