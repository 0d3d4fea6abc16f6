/**
 * Writes of 1 KiB to keys that exist, 64 callers at once, against ioredis: one `set` a key on one connection.
 *
 *   node bench/objects/redis-writes.ts [--rounds 15] [--short]
 */
import { run } from "../harness/main.ts"
import { bytesOf, fill, inMemory, keysOf, openSetting, spread } from "./setting.ts"

const concurrency = 64

await run("objects-redis-writes", async ({ compare }) => {
  await using setting = await openSetting()
  const { db, redis } = setting
  const data = bytesOf(1024)
  const buffer = Buffer.from(data)
  const keys = keysOf("write", 1000)
  await fill(db, keys, data, inMemory)
  await compare({
    name: `Redis: setObject 1 KiB, existing key, concurrency ${concurrency}`,
    against: "ioredis set",
    isSteady: true,
    operations: 40_000,
    target: 1,
    ours: (count) => spread(count, concurrency, keys, (key) => db.setObject({ key, data, ...inMemory })),
    peer: (count) => spread(count, concurrency, keys, (key) => redis.set(key, buffer)),
  })
})
