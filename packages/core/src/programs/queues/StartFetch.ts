/** Fetches of messages that need no fiber where nothing but waiting is to be done. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { BackendError } from "../../errors/BackendError.ts"
import type { QueueConsumer, QueueDelivery, ReceiveOptions } from "../../ports/QueueStore.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import type { Persevering } from "./persevering.ts"

/** At least one message; ends with `Done` where a drain has come to its end. */
export type Fetched = Exit.Exit<ReadonlyArray<QueueDelivery>, BackendError | Cause.Done>

/**
 * Begins to fetch and calls `resume` once, with an interruption where the function that it gives has ended it. To be called
 * again only then.
 */
export type StartFetch = (resume: (fetched: Fetched) => void) => () => void

/** What was started as an effect, whose interruption waits until it has ended. */
export const started = <A, E>(start: (resume: (exit: Exit.Exit<A, E>) => void) => () => void): Effect.Effect<A, E> =>
  Effect.callback((resume) => {
    let onEnd = () => {}
    const stop = start((exit) => {
      resume(exit)
      onEnd()
    })
    return Effect.callback<void>((ended) => {
      onEnd = () => ended(Effect.void)
      stop()
    })
  })

const nothing = () => {}

/** Runs a fetch in a fiber of its own. */
export const fetchByFiber =
  (fork: Fork, fetch: Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError | Cause.Done>): StartFetch =>
  (resume) => {
    const fiber = fork(fetch)
    fiber.addObserver(resume)
    return () => fiber.interruptUnsafe()
  }

/** Waits for messages for as long as it takes; by a fiber where the consumer has to look after something, or has failed. */
export const fetchEndlessly = (
  fork: Fork,
  consumer: Pick<QueueConsumer, "receive" | "startReceive">,
  persevering: Persevering,
  options: ReceiveOptions,
): StartFetch => {
  const receive = persevering.noting(consumer.receive(options))
  const attempt = persevering.repeat(receive)
  const afterFailure = (cause: Cause.Cause<BackendError>) => {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    return error === undefined ? Effect.failCause(cause) : persevering.again(receive, error)
  }
  return (resume) => {
    let stop = nothing
    const end = (fetched: Fetched): void => {
      stop = nothing
      resume(fetched)
    }
    const take = (fetched: Fetched): void => {
      if (Exit.isSuccess(fetched) && fetched.value.length === 0) wait()
      else end(fetched)
    }
    const runByFiber = (effect: typeof attempt): void => {
      const fiber = fork(effect)
      stop = () => fiber.interruptUnsafe()
      fiber.addObserver(take)
    }
    const wait = (): void => {
      let isAnswered = false
      const stopWaiting = consumer.startReceive?.(options, (received) => {
        isAnswered = true
        if (Exit.isFailure(received)) return runByFiber(afterFailure(received.cause))
        persevering.note()
        take(received)
      })
      if (stopWaiting === undefined) runByFiber(attempt)
      else if (!isAnswered) {
        stop = () => {
          stopWaiting()
          end(Exit.interrupt())
        }
      }
    }
    wait()
    return () => stop()
  }
}
