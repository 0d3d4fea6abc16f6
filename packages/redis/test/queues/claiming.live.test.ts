import { expect, it } from "@effect/vitest"
import { RedisServer } from "@framedb/testing"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { ask } from "../ask.ts"
import { bytesOf } from "../instanceAt.ts"
import { framedbId, queuesAt, textOf } from "./queuesAt.ts"

const clockOf = (clock: Clock.Clock, now: () => number): Clock.Clock => ({
  currentTimeMillisUnsafe: now,
  currentTimeMillis: Effect.sync(now),
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
  currentTimeNanos: clock.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(duration),
})

/** A clock on which a minute passes between any two looks, as on a slow network or in a process that is busy. */
const leapingClock = Effect.map(Clock.Clock, (clock): Clock.Clock => {
  let minutes = 0
  return clockOf(clock, () => clock.currentTimeMillisUnsafe() + 60_000 * minutes++)
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

it.live("takes over what was abandoned though the machine's clock was set back meanwhile", () =>
  Effect.gen(function* () {
    const real = yield* Clock.Clock
    let behind = 0
    const clock = clockOf(real, () => real.currentTimeMillisUnsafe() - behind)
    const server = yield* RedisServer.make()
    const queues = yield* queuesAt(server.url)
    yield* queues.publish("q", bytesOf("first"), { framedbId })
    const heard = yield* queues.listenForStreamData("q", framedbId, { visibilityTimeoutMillis: 200 }).pipe(
      // Set back once it has begun to wait.
      Stream.tap(() => Effect.sync(() => (behind = 3_600_000))),
      Stream.take(2),
      Stream.runCollect,
      Effect.provideService(Clock.Clock, clock),
      Effect.forkScoped,
    )
    while (behind === 0) yield* Effect.sleep(10)
    // Another consumer takes a message before the listener can, and dies.
    yield* ask(server.url, async (client) => {
      const added = client.multi().xadd("q", "*", "data", "abandoned")
      await added.xreadgroup("GROUP", "framedb", "dead", "STREAMS", "q", ">").exec()
    })
    expect((yield* Fiber.join(heard)).map(textOf)).toEqual(["first", "abandoned"])
  }),
)
