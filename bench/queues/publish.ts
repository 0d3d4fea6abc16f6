/** Publishing 220-byte messages at concurrency 64, against plain XADD. */
import * as Effect from "effect/Effect"
import { body, framedbId, openSetting, race, report } from "./setting.ts"

const count = Number(process.argv[2] ?? 50_000)
const concurrency = 64

const workers = (publish: () => Promise<unknown>) =>
  Effect.promise(async () => {
    let left = count
    const worker = async () => {
      while (left-- > 0) await publish()
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  })

const program = Effect.gen(function* () {
  const { queues, bare } = yield* openSetting()
  const prepare = Effect.promise(() => bare.flushall()).pipe(Effect.asVoid)
  const publish = queues.publish("queue", body, { framedbId })
  const contenders = [
    { name: "ioredis XADD", run: workers(() => bare.xadd("queue", "*", "data", body)) },
    { name: "FrameDB publish, as Promises", run: workers(() => Effect.runPromise(publish)) },
    {
      name: "FrameDB publish, as Effects",
      run: Effect.orDie(Effect.forEach(Array.from({ length: count }), () => publish, { concurrency, discard: true })),
    },
  ].map((contender) => ({ ...contender, prepare, operations: count }))
  const rates = yield* race(contenders, 5)
  report(`publish, ${body.byteLength} bytes, concurrency ${concurrency}`, rates, {
    "FrameDB publish, as Promises": 1.3,
    "FrameDB publish, as Effects": 1.3,
  })
})

await Effect.runPromise(Effect.scoped(program))
