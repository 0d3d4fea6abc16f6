/** Delivery on an idle queue, against a PING: from before the publish to the message in the consumer's hands. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { body, framedbId, openSetting } from "./setting.ts"

const rounds = Number(process.argv[2] ?? 2_000)

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN

const program = Effect.gen(function* () {
  const { queues, bare } = yield* openSetting()
  let arrived: (() => void) | undefined
  yield* queues.listenForStreamData("queue", framedbId).pipe(
    Stream.runForEach(() => Effect.sync(() => arrived?.())),
    Effect.forkScoped,
  )
  const pings: Array<number> = []
  const deliveries: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    yield* Effect.promise(() => bare.ping())
    pings.push(performance.now() - began)
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
  const [ping, delivery] = [median(pings.slice(100)), median(deliveries.slice(100))]
  console.log(`\ndelivery on an idle queue, median of ${rounds}`)
  console.log(`  PING ${(ping * 1000).toFixed(0)} µs, publish to handler ${(delivery * 1000).toFixed(0)} µs`)
  const ratio = delivery / ping
  console.log(`  ratio ${ratio.toFixed(2)}, at most 2: ${ratio <= 2 ? "yes" : "NO"}`)
})

await Effect.runPromise(Effect.scoped(program))
