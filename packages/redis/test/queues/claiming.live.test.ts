import { expect, it } from "@effect/vitest"
import { RedisServer } from "@framedb/testing"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { bytesOf } from "../instanceAt.ts"
import { framedbId, queuesAt, textOf } from "./queuesAt.ts"

/** A clock on which a minute passes between any two looks, as on a slow network or in a process that is busy. */
const leapingClock = Effect.map(Clock.Clock, (clock): Clock.Clock => {
  let minutes = 0
  const now = () => clock.currentTimeMillisUnsafe() + 60_000 * minutes++
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration),
  }
})

it.live("reads what is new though looking for what was abandoned takes longer than the pause until the next look", () =>
  Effect.gen(function* () {
    const server = yield* RedisServer.make()
    const queues = yield* queuesAt(server.url)
    yield* queues.publish("q", bytesOf("a"), { framedbId })
    const heard = yield* queues
      .listenForStreamData("q", framedbId)
      .pipe(Stream.take(1), Stream.runCollect, Effect.provideService(Clock.Clock, yield* leapingClock))
    expect(heard.map(textOf)).toEqual(["a"])
  }),
)
