/**
 * A clock that never goes back, for what is believed for a bounded time: where somebody sets the machine's clock back by an
 * hour, nothing is believed for an hour longer. It goes on from where it was last looked at.
 *
 * A monotonic clock would do the same, but Effect's counts in BigInts, which cost several times what a cache hit does.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The milliseconds of a clock, put forward by as much as it was ever put back. */
export const steadyNow = (clock: Clock.Clock): (() => number) => {
  let last = Number.NEGATIVE_INFINITY
  let ahead = 0
  return () => {
    const now = clock.currentTimeMillisUnsafe() + ahead
    if (now < last) ahead += last - now
    else last = now
    return last
  }
}

const steady = (clock: Clock.Clock): Clock.Clock => {
  const currentTimeMillisUnsafe = steadyNow(clock)
  return {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration),
  }
}

/** Provides the clock of whoever builds it, made steady; one for all layers that are given this one. */
export const layer: Layer.Layer<never> = Layer.effect(Clock.Clock, Effect.map(Clock.Clock, steady))
