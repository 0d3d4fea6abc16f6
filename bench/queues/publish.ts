/**
 * Publishing messages of 220 bytes, 64 callers at once and one alone, against plain XADD over ioredis.
 *
 *   node bench/queues/publish.ts [--rounds 15] [--short]
 */
import * as Effect from "effect/Effect"
import { concurrently } from "../harness/concurrently.ts"
import { run } from "../harness/main.ts"
import { body, framedbId, openSetting } from "./setting.ts"

await run("queues-publish", async ({ compare }) => {
  await using setting = await openSetting()
  const { db, bare } = setting
  const before = async () => {
    await bare.flushdb()
  }
  const add = () => bare.xadd("queue", "*", "data", body)
  const asPromises = () => db.publish("queue", body, { framedbId })
  for (const concurrency of [64, 1]) {
    const common = {
      against: "ioredis xadd",
      before,
      operations: concurrency === 1 ? 2_000 : 20_000,
      peer: (count: number) => concurrently(count, concurrency, add),
      ...(concurrency === 1 ? {} : { target: 1.3 }),
    }
    await compare({
      ...common,
      name: `publish 220 B as Promises, concurrency ${concurrency}`,
      ours: (count) => concurrently(count, concurrency, asPromises),
    })
    await compare({
      ...common,
      name: `publish 220 B as Effects, concurrency ${concurrency}`,
      ours: (count) =>
        setting.run((frameDB) => {
          const publish = frameDB.publish("queue", body, { framedbId })
          return Effect.forEach(Array.from({ length: count }), () => publish, { concurrency, discard: true })
        }),
    })
  }
})
