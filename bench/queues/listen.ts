/**
 * Listening with automatic acknowledgement, against the loop that a careful programmer writes over ioredis and against BullMQ.
 *
 *   node bench/queues/listen.ts [--rounds 15] [--short]
 */
import { Queue, Worker } from "bullmq"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Redis } from "ioredis"
import { run } from "../harness/main.ts"
import { body, framedbId, openSetting, type Setting } from "./setting.ts"

/** As many messages as one measurement takes; the rest stays. */
const againstLoop = 40_000
const againstBull = 10_000

/** Fills the queue, with a group that begins at its beginning. */
const fill = async (bare: Redis, count: number): Promise<void> => {
  await bare.del("queue")
  await bare.xgroup("CREATE", "queue", "framedb", "0", "MKSTREAM")
  for (let sent = 0; sent < count; sent += 1000) {
    const pipeline = bare.pipeline()
    for (let index = 0; index < Math.min(1000, count - sent); index++) pipeline.xadd("queue", "*", "data", body)
    await pipeline.exec()
  }
}

const bareLoop = async (bare: Redis, count: number): Promise<void> => {
  let bytes = 0
  for (let handled = 0; handled < count; ) {
    const reply = await bare.xreadgroupBuffer("GROUP", "framedb", "c", "COUNT", 512, "STREAMS", "queue", ">")
    const ids: Array<Buffer> = []
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      bytes += fields?.[1]?.byteLength ?? 0
      ids.push(id)
    }
    await bare.xack("queue", "framedb", ...ids)
    await bare.xdel("queue", ...ids)
    handled += ids.length
  }
  if (bytes !== count * body.byteLength) throw new Error(`handled ${bytes} bytes`)
}

const asStream =
  ({ run: runProgram }: Setting) =>
  (count: number): Promise<void> =>
    runProgram((frameDB) =>
      frameDB.listenForStreamData("queue", framedbId).pipe(
        Stream.take(count),
        Stream.runForEach((message) => Effect.sync(() => message.data.byteLength)),
      ),
    )

const asIterable =
  ({ db }: Setting) =>
  async (count: number): Promise<void> => {
    let handled = 0
    for await (const message of db.listenForStreamData("queue", framedbId)) {
      if (message.data.byteLength > 0 && ++handled === count) break
    }
  }

/** Jobs of the same size for BullMQ, and a worker that handles them. */
const bull = (setting: Setting) => {
  const { hostname: host, port } = new URL(setting.redisUrl)
  const connection = { host, port: Number(port), maxRetriesPerRequest: null }
  const add = async (count: number): Promise<void> => {
    const queue = new Queue("bull", { connection })
    const job = { name: "job", data: body.toString(), opts: { removeOnComplete: true } }
    for (let sent = 0; sent < count; sent += 500) {
      await queue.addBulk(Array.from({ length: Math.min(500, count - sent) }, () => job))
    }
    await queue.close()
  }
  const work = async (count: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let handled = 0
    const handle = async () => {
      if (++handled === count) resolve()
    }
    const worker = new Worker("bull", handle, { connection, concurrency: 64 })
    await promise
    await worker.close()
  }
  return { add, work }
}

await run("queues-listen", async ({ settings, compare }) => {
  await using setting = await openSetting()
  const { bare } = setting
  const share = settings.short ? 1 / 50 : 1
  const againstBare = {
    against: "ioredis XREADGROUP COUNT 512, XACK, XDEL",
    operations: againstLoop,
    target: 0.8,
    before: () => fill(bare, againstLoop * share),
    peer: (count: number) => bareLoop(bare, count),
  }
  await compare({ ...againstBare, name: "listen 220 B, as a Stream", ours: asStream(setting) })
  await compare({ ...againstBare, name: "listen 220 B, for await", ours: asIterable(setting) })
  const jobs = bull(setting)
  await compare({
    name: "listen 220 B, as a Stream",
    against: "BullMQ worker, concurrency 64",
    operations: againstBull,
    target: 8,
    before: async () => {
      await fill(bare, againstBull * share)
      const left = await bare.keys("bull:*")
      if (left.length > 0) await bare.del(left)
      await jobs.add(againstBull * share)
    },
    ours: asStream(setting),
    peer: jobs.work,
  })
})
