/** A process that backs objects up until it is done or killed: `node backupProcess.ts endpoint count [set]`. */
import { Backups, Bulk } from "@framedb/core"
import { S3ObjectStorage } from "@framedb/s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { keysOf, sourceOf } from "./objects.ts"

const [, , endpoint = "", count = "0", set] = process.argv

const program = Effect.gen(function* () {
  const credentials = { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") }
  const storage = yield* S3ObjectStorage.make({ endpoint, bucket: "backups", credentials })
  const options = { source: sourceOf, storage, keys: keysOf(Number(count)), prefix: "b/", concurrency: 8 }
  const { failed, skipped, succeeded } = yield* Bulk.report(
    set === undefined
      ? Backups.backupToObjectStorage(options)
      : Backups.backupToSet({ ...options, set, segmentBytes: 16 * 1024 }),
  )
  console.log(JSON.stringify({ succeeded, skipped, failed }))
})

await Effect.runPromise(Effect.scoped(program))
