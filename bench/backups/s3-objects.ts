/**
 * Small objects to S3, one stored object a key, against a concurrent loop of bare PutObject.
 *
 *   node bench/backups/s3-objects.ts [--rounds 15] [--size 4096] [--short]
 */
import { PutObjectCommand } from "@aws-sdk/client-s3"
import { Backups, Bulk } from "@framedb/core"
import * as Effect from "effect/Effect"
import { run } from "../harness/main.ts"
import { bucket } from "./bucket.ts"
import { finished, forEachOf, keysOf, openSetting, sourceOf } from "./setting.ts"

const concurrency = 32

await run("backups-s3-objects", async ({ compare, note, settings }) => {
  await using setting = await openSetting(concurrency)
  const { bare, storage } = setting
  const sizeBytes = Number(settings.option("size") ?? 4096)
  const data = new Uint8Array(sizeBytes).map((_, index) => index * 31)
  const source = sourceOf(data)
  let round = 0
  // Every run writes under a prefix of its own, so that nothing is there to be skipped.
  const prefix = () => `run-${round++}/`
  await compare({
    name: `backup of ${sizeBytes} bytes, one object a key`,
    against: `a loop of PutObject, ${concurrency} at once`,
    ours: async (operations) => {
      const request = { source, storage, keys: keysOf(operations), prefix: prefix(), concurrency }
      finished(await Effect.runPromise(Bulk.report(Backups.backupToObjectStorage(request))))
    },
    peer: async (operations) => {
      const folder = prefix()
      await forEachOf(keysOf(operations), concurrency, (key) =>
        bare.send(new PutObjectCommand({ Bucket: bucket, Key: folder + key, Body: data })),
      )
    },
    operations: 1_000,
    before: setting.forget,
    target: 0.9,
  })
  note(
    "Ours also digests every object, describes it in the request's metadata, and creates it only where there is none yet.",
  )
})
