import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { QueueName } from "../../domain/QueueName.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import { steadyNow } from "../steadyClock.ts"
import { queueLastPoll, queueReconnects } from "./queueMetrics.ts"

/** The first pause after a failure, in milliseconds; each further one is twice as long. */
const firstPauseMillis = 50
/** The longest pause: as long may a server that is back stay unnoticed. */
const longestPauseMillis = 2_000

/** Repeats what failed in a way that may pass, for as long as `giveUpAfterMillis`, and counts it. */
export interface Persevering {
  readonly repeat: <A>(attempt: Effect.Effect<A, BackendError>) => Effect.Effect<A, BackendError>
  /** As `repeat`, after a first attempt that has failed already. */
  readonly again: <A>(attempt: Effect.Effect<A, BackendError>, first: BackendError) => Effect.Effect<A, BackendError>
  /** Notes that the instance has answered. */
  readonly note: () => void
  /** The same effect, which notes when the instance has answered. */
  readonly noting: <A>(attempt: Effect.Effect<A, BackendError>) => Effect.Effect<A, BackendError>
  /** Shows in the metric when the instance last answered. Not done with every answer: a message would wait for it. */
  readonly show: Effect.Effect<void>
}

/** Perseverance for one listener or follower of a queue. */
export const persevering = (options: {
  readonly queue: QueueName
  readonly framedbId: FramedbId
  readonly giveUpAfterMillis: number
  readonly clock: Clock.Clock
}): Persevering => {
  const { queue, framedbId, giveUpAfterMillis, clock } = options
  const now = steadyNow(clock)
  let answeredAtMillis: number | undefined
  const note = () => {
    answeredAtMillis = clock.currentTimeMillisUnsafe()
  }
  const attributes = { queue, framedbId }
  const reconnects = Metric.withAttributes(queueReconnects, attributes)
  const lastPoll = Metric.withAttributes(queueLastPoll, attributes)

  /** One after another, so that a long outage grows no stack. */
  const again = Effect.fnUntraced(function* <A>(attempt: Effect.Effect<A, BackendError>, first: BackendError) {
    const began = now()
    let error = first
    for (let pause = firstPauseMillis; ; pause = Math.min(pause * 2, longestPauseMillis)) {
      if (!error.isRetryable || now() - began >= giveUpAfterMillis) return yield* error
      yield* Metric.update(reconnects, 1)
      yield* Effect.sleep(pause * (0.5 + (yield* Random.next)))
      const result = yield* Effect.result(attempt)
      if (result._tag === "Success") return result.success
      error = result.failure
    }
  })

  return {
    repeat: (attempt) => Effect.catch(attempt, (error) => again(attempt, error)),
    again,
    note,
    noting: (attempt) =>
      Effect.map(attempt, (answer) => {
        note()
        return answer
      }),
    show: Effect.suspend(() =>
      answeredAtMillis === undefined ? Effect.void : Metric.update(lastPoll, answeredAtMillis),
    ),
  }
}
