/**
 * Reads from Redis without a cache, with warm routes, against ioredis: one `getBuffer` a key on one connection.
 *
 *   node bench/objects/redis-reads.ts [--rounds 15] [--short]
 */
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { FrameDB, FrameDBLive } from "framedb"
import { run } from "../harness/main.ts"
import { compareReads, readKeys } from "./comparingReads.ts"
import { inMemory, openSetting, spread } from "./setting.ts"

const KiB = 1024

const readings = [
  { valueBytes: KiB, concurrency: 1, target: 0.9, operations: 8_000 },
  { valueBytes: KiB, concurrency: 64, target: 2.5, operations: 60_000 },
  { valueBytes: KiB, concurrency: 1000, target: 4, operations: 100_000 },
  { valueBytes: 64 * KiB, concurrency: 64, target: 0.95, operations: 2_000 },
]

/** Reads as an Effect application composes them: so many fibers, each of which reads again and again. */
const readAsEffects = (operations: number, concurrency: number, keys: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const db = yield* FrameDB
    let next = 0
    const reader = Effect.gen(function* () {
      while (next < operations) yield* db.getObject(keys[next++ % keys.length] ?? "")
    })
    yield* Effect.all(
      Array.from({ length: concurrency }, () => reader),
      { concurrency: "unbounded", discard: true },
    )
  })

await run("objects-redis-reads", async (bench) => {
  await using setting = await openSetting()
  const read = (key: string) => setting.redis.getBuffer(key)
  await using runtime = ManagedRuntime.make(FrameDBLive.layer(setting.options))
  const keys = await readKeys(setting, inMemory, KiB)
  await bench.compare({
    name: "Redis: FrameDB.getObject as an Effect in 64 fibers of one runtime, 1 KiB",
    against: "ioredis getBuffer",
    isSteady: true,
    operations: 60_000,
    ours: (count) => runtime.runPromise(readAsEffects(count, 64, keys)),
    peer: (count) => spread(count, 64, keys, read),
  })
  await compareReads(bench, setting, { backend: "Redis", name: "ioredis getBuffer", place: inMemory, read }, readings)
})
