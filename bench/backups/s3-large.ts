/** One large object to and from S3, against lib-storage's Upload and a bare GetObject stream. */
import { Readable } from "node:stream"
import { GetObjectCommand } from "@aws-sdk/client-s3"
import { Upload } from "@aws-sdk/lib-storage"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { run } from "../harness/main.ts"
import { watchMemory } from "../harness/watchMemory.ts"
import { bucket } from "./bucket.ts"
import { openSetting } from "./setting.ts"

const mebibyte = 1024 * 1024
const piece = new Uint8Array(256 * 1024).map((_, index) => index * 31 + (index >> 8))

await run("backups-s3-large", async ({ compare, note, settings }) => {
  await using setting = await openSetting()
  const { bare, storage } = setting
  const mebibytes = Number(settings.option("mebibytes") ?? (settings.short ? 16 : 1024))
  const pieces = () => Array.from({ length: mebibytes * 4 }, () => piece)
  const both = { operations: 1, against: "" }
  using memory = watchMemory()
  await compare({
    ...both,
    name: `upload of ${mebibytes} MiB`,
    against: "lib-storage's Upload, same parts",
    ours: async () => {
      await Effect.runPromise(storage.put("ours", Stream.fromIterable(pieces(), { chunkSize: 1 })))
    },
    peer: async () => {
      const Body = Readable.from(pieces(), { objectMode: false, highWaterMark: mebibyte })
      await new Upload({
        client: bare,
        params: { Bucket: bucket, Key: "peer", Body },
        partSize: 8 * mebibyte,
        queueSize: 4,
      }).done()
    },
    target: 0.9,
  })
  const read = Effect.scoped(
    Effect.gen(function* () {
      const { body } = Option.getOrThrow(yield* storage.get("ours"))
      let bytes = 0
      yield* Stream.runForEachArray(body, (chunks) =>
        Effect.sync(() => {
          for (const chunk of chunks) bytes += chunk.byteLength
        }),
      )
      return bytes
    }),
  )
  await compare({
    ...both,
    name: `download of ${mebibytes} MiB`,
    against: "a bare GetObject stream",
    ours: async () => {
      if ((await Effect.runPromise(read)) !== mebibytes * mebibyte) throw new Error("the download is not whole")
    },
    peer: async () => {
      const { Body } = await bare.send(new GetObjectCommand({ Bucket: bucket, Key: "ours" }))
      if (!(Body instanceof Readable)) throw new Error("GetObject gave no stream")
      let bytes = 0
      for await (const chunk of Body) bytes += chunk.byteLength
      if (bytes !== mebibytes * mebibyte) throw new Error("the download is not whole")
    },
    target: 0.9,
  })
  const peakMebibytes = Math.round(memory.peakBytes() / mebibyte)
  note(`Most resident memory of the client during all of it, peers included: ${peakMebibytes} MiB.`)
})
