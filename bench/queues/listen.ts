/** Listening with automatic acknowledgement, against a bare loop over ioredis and against BullMQ. */
import { MessageIterator } from "@framedb/core"
import { Queue, Worker } from "bullmq"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Redis } from "ioredis"
import { body, framedbId, openSetting, race, report } from "./setting.ts"

const count = Number(process.argv[2] ?? 100_000)
const bullCount = Math.ceil(count / 20)

const fill = (bare: Redis) =>
  Effect.promise(async () => {
    await bare.flushall()
    await bare.xgroup("CREATE", "queue", "framedb", "0", "MKSTREAM")
    for (let sent = 0; sent < count; sent += 1000) {
      const pipeline = bare.pipeline()
      for (let index = 0; index < Math.min(1000, count - sent); index++) pipeline.xadd("queue", "*", "data", body)
      await pipeline.exec()
    }
  })

/** The loop that a careful programmer writes by hand. */
const bareLoop = (bare: Redis) =>
  Effect.promise(async () => {
    let bytes = 0
    for (let handled = 0; handled < count; ) {
      const reply = await bare.xreadgroupBuffer("GROUP", "framedb", "c", "COUNT", 512, "STREAMS", "queue", ">")
      const entries = reply?.[0]?.[1] ?? []
      const ids: Array<Buffer> = []
      for (const [id, fields] of entries) {
        bytes += fields?.[1]?.byteLength ?? 0
        ids.push(id)
      }
      await bare.xack("queue", "framedb", ...ids)
      await bare.xdel("queue", ...ids)
      handled += ids.length
    }
    if (bytes !== count * body.byteLength) throw new Error(`handled ${bytes} bytes`)
  })

const bull = (port: number) => {
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null }
  const prepare = Effect.promise(async () => {
    const queue = new Queue("bull", { connection })
    for (let sent = 0; sent < bullCount; sent += 500) {
      const jobs = Array.from({ length: 500 }, () => ({
        name: "job",
        data: body.toString(),
        opts: { removeOnComplete: true },
      }))
      await queue.addBulk(jobs)
    }
    await queue.close()
  })
  const run = Effect.promise(async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let handled = 0
    const worker = new Worker(
      "bull",
      async () => {
        handled++
        if (handled >= bullCount) resolve()
      },
      { connection, concurrency: 64 },
    )
    await promise
    await worker.close()
  })
  return { prepare, run }
}

const program = Effect.gen(function* () {
  const { queues, bare, server } = yield* openSetting()
  const asStream = queues.listenForStreamData("queue", framedbId).pipe(
    Stream.take(count),
    Stream.runForEach((message) => Effect.sync(() => message.data.byteLength)),
    Effect.orDie,
  )
  const asIterable = Effect.promise(async () => {
    let handled = 0
    const messages = new MessageIterator({
      open: queues.openListener("queue", framedbId),
      run: Effect.runPromiseExit,
      present: (message) => message,
    })
    for await (const message of messages) {
      if (message.data.byteLength > 0 && ++handled === count) break
    }
  })
  const prepare = fill(bare)
  const rates = yield* race(
    [
      { name: "bare loop: XREADGROUP COUNT 512, XACK, XDEL", operations: count, prepare, run: bareLoop(bare) },
      { name: "FrameDB, as a Stream", operations: count, prepare, run: asStream },
      { name: "FrameDB, for await", operations: count, prepare, run: asIterable },
    ],
    5,
  )
  report(`listen, ${count} messages of ${body.byteLength} bytes`, rates, {
    "FrameDB, as a Stream": 0.8,
    "FrameDB, for await": 0.8,
  })
  const against = yield* race(
    [
      { name: "BullMQ worker, concurrency 64", operations: bullCount, ...bull(server.port) },
      { name: "FrameDB, as a Stream", operations: count, prepare, run: asStream },
    ],
    3,
  )
  report("listen, against BullMQ", against, { "FrameDB, as a Stream": 8 })
})

await Effect.runPromise(Effect.scoped(program))
