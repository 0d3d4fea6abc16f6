/** Calls to a storage, repeated while they fail in a way that may pass. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { BackendError } from "../../errors/BackendError.ts"

/** How often a call is repeated: with the pauses below, over some 6 seconds. */
const repetitions = 5

const pauses = Schedule.jittered(Schedule.exponential("200 millis"))

/**
 * Repeats a call to an object storage. A put may be repeated even where it may have been applied: it stores the same bytes
 * under the same name.
 */
export const repeating = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(effect, {
    times: repetitions,
    schedule: pauses,
    while: (error) => error instanceof BackendError && error.backend === "objectStorage" && error.isRetryable,
  })
