/**
 * Delivery on an idle queue, against a PING: from before the publish to the message in the consumer's hands. Between
 * them the same by hand, a plain XADD to a blocked XREADGROUP, shows what the server and the sockets take of it.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Redis } from "ioredis"
import { body, framedbId, openSetting } from "./setting.ts"

const rounds = Number(process.argv[2] ?? 2_000)

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN

const program = Effect.gen(function* () {
  const { queues, bare, server } = yield* openSetting()
  const reader = yield* Effect.acquireRelease(
    Effect.sync(() => new Redis(server.url)),
    (client) => Effect.sync(() => client.disconnect()),
  )
  yield* Effect.promise(() => bare.xgroup("CREATE", "by-hand", "g", "0", "MKSTREAM"))
  let arrived: (() => void) | undefined
  yield* queues.listenForStreamData("queue", framedbId).pipe(
    Stream.runForEach(() => Effect.sync(() => arrived?.())),
    Effect.forkScoped,
  )
  const pings: Array<number> = []
  const byHand: Array<number> = []
  const deliveries: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    yield* Effect.promise(() => bare.ping())
    pings.push(performance.now() - began)
    const read = reader.xreadgroupBuffer("GROUP", "g", "c", "BLOCK", 5_000, "STREAMS", "by-hand", ">")
    yield* Effect.sleep(1)
    const added = performance.now()
    const adding = bare.xadd("by-hand", "*", "data", body)
    yield* Effect.promise(() => read)
    byHand.push(performance.now() - added)
    yield* Effect.promise(() => adding)
    const { promise, resolve } = Promise.withResolvers<number>()
    arrived = () => resolve(performance.now())
    const sent = performance.now()
    // What the producer waits for comes after what the consumer waits for, and is not measured.
    const published = Effect.runPromise(queues.publish("queue", body, { framedbId }))
    deliveries.push((yield* Effect.promise(() => promise)) - sent)
    yield* Effect.promise(() => published)
    // Lets the listener acknowledge and wait again: the queue is idle then.
    yield* Effect.sleep(1)
  }
  const [ping, hand, delivery] = [pings, byHand, deliveries].map((times) => median(times.slice(100)))
  if (ping === undefined || hand === undefined || delivery === undefined) return
  console.log(`\ndelivery on an idle queue, median of ${rounds}`)
  const micros = (millis: number) => `${(millis * 1000).toFixed(0)} µs`
  console.log(`  PING ${micros(ping)}, by hand ${micros(hand)}, FrameDB ${micros(delivery)}`)
  const ratio = delivery / ping
  console.log(`  ratio ${ratio.toFixed(2)}, at most 2: ${ratio <= 2 ? "yes" : "NO"}`)
})

await Effect.runPromise(Effect.scoped(program))
