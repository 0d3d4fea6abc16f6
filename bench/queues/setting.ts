/** What the benchmarks of queues share: one private Redis, FrameDB's queues on it, and a bare client beside them. */
import { FramedbId, Queues, StreamRouting } from "@framedb/core"
import { MemoryStreamRouting } from "@framedb/core/memory"
import { RedisLive } from "@framedb/redis"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Redis } from "ioredis"

/** The instance's id in every benchmark of queues. */
export const framedbId = "bench"

/** FrameDB's queues on a Redis, with a routing service in memory: what is measured is the queue. */
export const openQueues = Effect.fnUntraced(function* (url: string) {
  const connection = yield* RedisLive.make().open({
    framedbId: FramedbId.make(framedbId),
    kind: "redis",
    url: Redacted.make(url),
    clusterId: undefined,
    metadata: {},
  })
  const routing = yield* Effect.provide(StreamRouting, MemoryStreamRouting.layer())
  return yield* Queues.make(() => Effect.succeed(connection.queues), routing)
})

/** A private Redis, queues and a bare client, for the scope. */
export const openSetting = Effect.fnUntraced(function* () {
  const server = yield* RedisServer.make()
  const queues = yield* openQueues(server.url)
  const bare = yield* Effect.acquireRelease(
    Effect.sync(() => new Redis(server.url)),
    (client) => Effect.sync(() => client.disconnect()),
  )
  return { server, queues, bare }
})

/** A message of 220 bytes. */
export const body = Buffer.alloc(220, "x")

/** One way to do something, measured against others. */
export interface Contender {
  readonly name: string
  readonly operations: number
  readonly prepare?: Effect.Effect<void>
  readonly run: Effect.Effect<void>
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN

/** Runs the contenders in turn, round after round, and gives the median rate of each, in operations a second. */
export const race = Effect.fnUntraced(function* (contenders: ReadonlyArray<Contender>, rounds: number) {
  const rates = new Map<string, Array<number>>(contenders.map(({ name }) => [name, []]))
  // The first round warms the machine up and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, operations, prepare, run } of contenders) {
      if (prepare !== undefined) yield* prepare
      const began = performance.now()
      yield* run
      const rate = (operations / (performance.now() - began)) * 1000
      if (round > 0) rates.get(name)?.push(rate)
    }
  }
  return new Map([...rates].map(([name, values]) => [name, median(values)]))
})

/** Prints rates as a table, each as a ratio to the first, with the target that it has to reach. */
export const report = (
  title: string,
  rates: ReadonlyMap<string, number>,
  targets: Readonly<Record<string, number>> = {},
): void => {
  const [base = 1] = rates.values()
  console.log(`\n${title}`)
  for (const [name, rate] of rates) {
    const ratio = rate / base
    const target = targets[name]
    const verdict =
      target === undefined ? "" : ratio >= target ? `  at least ${target}: yes` : `  at least ${target}: NO`
    console.log(
      `  ${Math.round(rate).toLocaleString("en").padStart(10)} /s  ${ratio.toFixed(2).padStart(6)}  ${name}${verdict}`,
    )
  }
}
