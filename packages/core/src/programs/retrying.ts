/** The one place where failed attempts are repeated. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { BackendError, withMaybeApplied } from "../errors/BackendError.ts"
import type { FrameDBOptions } from "./FrameDBOptions.ts"

type Failure = { readonly _tag: string } | BackendError

/** Repetitions, by the `backend` and the `operation` that had failed. */
export const retriesMetric = Metric.counter("framedb_retries", {
  description: "attempts that were repeated",
  incremental: true,
})

const countRetry = (error: Failure): Effect.Effect<void> =>
  error instanceof BackendError
    ? Metric.update(Metric.withAttributes(retriesMetric, { backend: error.backend, operation: error.operation }), 1)
    : Effect.void

const mayRepeat = (error: Failure): boolean =>
  error._tag === "BackendError" && "isRetryable" in error && error.isRetryable && !error.maybeApplied

/**
 * Repeats an attempt that a backend failed in a way that may pass, with exponential pauses and jitter, at most
 * `retries` times and not beyond `retryBudgetMillis`. A write that may have been applied is never repeated.
 */
export const retrying = (options: FrameDBOptions) => {
  const schedule = Schedule.exponential(options.retryDelayMillis).pipe(
    Schedule.jittered,
    Schedule.upTo({ times: options.retries, duration: options.retryBudgetMillis }),
    Schedule.setInputType<Failure>(),
    Schedule.tap(({ input }) => countRetry(input)),
  )
  /** Goes on after a first failure. */
  const again = <A, E extends Failure, R>(attempt: Effect.Effect<A, E, R>, first: E): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      let hasFailed = false
      const next = Effect.suspend(() => {
        if (hasFailed) return attempt
        hasFailed = true
        return Effect.fail(first)
      })
      return Effect.retry(next, { schedule, while: mayRepeat })
    })
  // A schedule costs more than what it stands around: it is set up where something has failed.
  return <A, E extends Failure, R>(attempt: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.catch(attempt, (error) => (mayRepeat(error) ? again(attempt, error) : Effect.fail(error)))
}

/**
 * Repeats a write that does no harm when it is done again, also where it may have been applied. The failure that is left
 * says whether any of the attempts may have been.
 */
export const repeatingHarmless =
  (repeat: ReturnType<typeof retrying>) =>
  <A>(attempt: Effect.Effect<A, BackendError>): Effect.Effect<A, BackendError> =>
    Effect.suspend(() => {
      let maybeApplied = false
      return Effect.mapError(attempt, (error) => {
        maybeApplied ||= error.maybeApplied
        return withMaybeApplied(error, false)
      }).pipe(
        repeat,
        Effect.mapError((error) => withMaybeApplied(error, maybeApplied)),
      )
    })
