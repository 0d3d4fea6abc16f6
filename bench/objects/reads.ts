/**
 * Reads without a cache, with warm routes, against the bare drivers: one `getBuffer` a key on one connection, one prepared
 * `SELECT` a key on 16 connections.
 *
 *   node bench/objects/reads.ts [--rounds 15] [--short]
 */

import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { FrameDB, FrameDBLive } from "framedb"
import { run } from "../harness/main.ts"
import { explainMissed } from "./explain.ts"
import { bytesOf, execute, fill, inMemory, inSql, keysOf, openSetting, spread } from "./setting.ts"

const KiB = 1024
const select = "SELECT data FROM data_table WHERE `key` = ?"

const inRedis = [
  { valueBytes: KiB, concurrency: 1, target: 0.9, operations: 8_000 },
  { valueBytes: KiB, concurrency: 64, target: 2.5, operations: 60_000 },
  { valueBytes: KiB, concurrency: 1000, target: 4, operations: 100_000 },
  { valueBytes: 64 * KiB, concurrency: 64, target: 0.95, operations: 2_000 },
]

const onSql = [
  { valueBytes: KiB, concurrency: 1, target: 0.9, operations: 2_000 },
  { valueBytes: KiB, concurrency: 64, target: 5, operations: 30_000 },
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

/** A lone read is one round trip; many at once are work for one thread. */
const limitOf = (concurrency: number): string =>
  concurrency === 1
    ? "A lone read is the driver's round trip, most of it the kernel's and the server's. To it come a place in a batch, a deadline and a " +
      "second promise, on processors that have gone to sleep in between."
    : "All of it is this process's: the server answers a batch faster than its answer is taken apart here. What the driver takes " +
      "apart in JavaScript, a copy of each value out of the socket's memory, and a promise for each caller are there whoever reads."

await run("objects-reads", async (bench) => {
  const { compare } = bench
  await using setting = await openSetting()
  // A process that was profiled is slower afterwards.
  const explanations: Array<() => Promise<void>> = []
  const runtime = ManagedRuntime.make(FrameDBLive.layer(setting.options))
  const { db, redis, sql } = setting
  const keysFor = async (place: typeof inMemory | typeof inSql, valueBytes: number) => {
    const keys = keysOf(`read-${valueBytes}`, valueBytes > KiB ? 200 : 1000).map((key) => `${place.type}-${key}`)
    await fill(db, keys, bytesOf(valueBytes), place)
    return keys
  }
  for (const { valueBytes, concurrency, target, operations } of inRedis) {
    const keys = await keysFor(inMemory, valueBytes)
    const ours = (count: number) => spread(count, concurrency, keys, (key) => db.getObject(key))
    const peer = (count: number) => spread(count, concurrency, keys, (key) => redis.getBuffer(key))
    const compared = await compare({
      name: `Redis: getObject ${valueBytes / KiB} KiB, concurrency ${concurrency}`,
      against: "ioredis getBuffer",
      isSteady: true,
      operations,
      target,
      ours,
      peer,
    })
    const limit = limitOf(concurrency)
    explanations.push(() => explainMissed(bench, compared, { ours, operations: 2 * operations, limit }))
    if (valueBytes !== KiB || concurrency !== 64) continue
    await compare({
      name: "Redis: FrameDB.getObject as an Effect in 64 fibers of one runtime, 1 KiB",
      against: "ioredis getBuffer",
      isSteady: true,
      operations,
      ours: (count) => runtime.runPromise(readAsEffects(count, concurrency, keys)),
      peer,
    })
  }
  for (const { valueBytes, concurrency, target, operations } of onSql) {
    const keys = await keysFor(inSql, valueBytes)
    const ours = (count: number) => spread(count, concurrency, keys, (key) => db.getObject(key))
    const compared = await compare({
      name: `SQL: getObject ${valueBytes / KiB} KiB, concurrency ${concurrency}`,
      against: "mysql2 execute, 16 connections",
      isSteady: true,
      operations,
      target,
      ours,
      peer: (count) => spread(count, concurrency, keys, (key) => execute(sql, select, [key])),
    })
    const limit = limitOf(concurrency)
    explanations.push(() => explainMissed(bench, compared, { ours, operations: 2 * operations, limit }))
  }
  for (const explain of explanations) await explain()
  await runtime.dispose()
})
