import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** Opens something in a scope of its own within another, and closes that where it fails: nothing is left for the next attempt. */
export const inOwnScope = <A, E>(
  parent: Scope.Scope,
  open: Effect.Effect<A, E, Scope.Scope>,
): Effect.Effect<{ readonly opened: A; readonly scope: Scope.Closeable }, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Scope.fork(parent), (scope) =>
      restore(Scope.provide(open, scope)).pipe(
        Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void)),
        Effect.map((opened) => ({ opened, scope })),
      ),
    ),
  )
