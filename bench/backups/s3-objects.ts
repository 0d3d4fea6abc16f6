/** Small objects to S3, one stored object a key and as a set, against a concurrent loop of bare PutObject. */
import { PutObjectCommand } from "@aws-sdk/client-s3"
import { Backups, Bulk, type ObjectStorageService } from "@framedb/core"
import * as Effect from "effect/Effect"
import { run } from "../harness/main.ts"
import { bucket, concurrently, keysOf, openSetting, sourceOf } from "./setting.ts"

const concurrency = 32

await run("backups-s3-objects", async ({ compare, settings }) => {
  await using setting = await openSetting(concurrency)
  await using unsigned = await openSetting(concurrency, false)
  const { bare, storage } = setting
  const sizeBytes = Number(settings.option("size") ?? 4096)
  const data = new Uint8Array(sizeBytes).map((_, index) => index * 31)
  const source = sourceOf(data)
  let round = 0
  // Every run writes under a prefix of its own, so that nothing is there to be skipped.
  const prefix = () => `run-${round++}/`
  const finished = ({ failed }: Bulk.BulkTotals) => {
    if (failed > 0) throw new Error(`${failed} objects failed`)
  }
  const loop = async (operations: number) => {
    const folder = prefix()
    await concurrently(keysOf(operations), concurrency, (key) =>
      bare.send(new PutObjectCommand({ Bucket: bucket, Key: folder + key, Body: data })),
    )
  }
  const options = (operations: number) => ({ source, storage, keys: keysOf(operations), prefix: prefix(), concurrency })
  await compare({
    name: `backup of ${sizeBytes} bytes, one object a key`,
    against: "a concurrent loop of PutObject",
    ours: async (operations) =>
      finished(await Effect.runPromise(Bulk.report(Backups.backupToObjectStorage(options(operations))))),
    peer: loop,
    operations: 1_000,
    target: 0.9,
  })
  const asSet = (storage: ObjectStorageService) => async (operations: number) => {
    const request = { ...options(operations), storage, set: "bench" }
    finished(await Effect.runPromise(Bulk.report(Backups.backupToSet(request))))
  }
  const set = { against: "a concurrent loop of PutObject", peer: loop, operations: 10_000, target: 50 }
  await compare({ ...set, name: `backup of ${sizeBytes} bytes, as a set`, ours: asSet(storage) })
  await compare({
    ...set,
    name: `backup of ${sizeBytes} bytes, as a set, bodies not signed (the default over TLS)`,
    ours: asSet(unsigned.storage),
  })
})
