/** What the benchmarks of backups share: an S3 server in its own process, FrameDB's storage on it, and a bare client beside it. */
import { S3Client } from "@aws-sdk/client-s3"
import { Backups, type Bulk, type ObjectKey, type ObjectNotFound, type ObjectStorageService } from "@framedb/core"
import { S3ObjectStorage } from "@framedb/s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { concurrently } from "../harness/concurrently.ts"
import { bucket } from "./bucket.ts"
import { startS3Process } from "./startS3Process.ts"

const identity = { accessKeyId: "test", secretAccessKey: "test-secret" }

type Source = Parameters<typeof Backups.backupToObjectStorage<ObjectNotFound>>[0]["source"]

/** Storage and bare client, and how to close both. */
export interface Setting extends AsyncDisposable {
  readonly storage: ObjectStorageService
  readonly bare: S3Client
  /** The thread that digests segments of sets, such as every FrameDB has one. */
  readonly thread: Backups.DigestThread
  /** Empties the bucket. */
  readonly forget: () => Promise<void>
}

/** Starts the server, and opens both clients with as many connections. */
export const openSetting = async (maxConnections = 64): Promise<Setting> => {
  const { endpoint, forget, stop } = await startS3Process()
  const scope = Scope.makeUnsafe()
  const credentials = { ...identity, secretAccessKey: Redacted.make(identity.secretAccessKey) }
  const storage = await Effect.runPromise(
    Scope.provide(S3ObjectStorage.make({ endpoint, bucket, credentials, maxConnections }), scope),
  )
  const thread = await Effect.runPromise(Scope.provide(Backups.makeDigestThread, scope))
  const bare = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: identity,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: maxConnections } },
  })
  return {
    storage,
    bare,
    thread,
    forget,
    [Symbol.asyncDispose]: async () => {
      bare.destroy()
      await Effect.runPromise(Scope.close(scope, Effect.exit(Effect.void).pipe(Effect.runSync)))
      await stop()
    },
  }
}

/** Keys, so many, of one run. */
export const keysOf = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `object/${index}`)

/** A source that has objects of one size at once: what is measured is the backup. */
export const sourceOf = (data: Uint8Array): Source => {
  const properties = (key: ObjectKey) => ({
    key,
    framedbId: "redis-1",
    type: "in-memory" as const,
    metadata: { owner: "bench" },
    content: { serializer: "bytes" },
    sizeBytes: data.byteLength,
  })
  return {
    open: (key) => Effect.succeed({ ...properties(key), bytes: Effect.succeed(data), stream: Stream.succeed(data) }),
    findBatches: (keys) =>
      Effect.succeed([{ objects: keys.map(properties), read: Effect.succeed(keys.map(() => data)) }]),
  }
}

/** Fails where a key of a backup did. */
export const finished = ({ failed }: Bulk.BulkTotals): void => {
  if (failed > 0) throw new Error(`${failed} objects failed`)
}

/** Runs `work` for each item, so many at once. */
export const forEachOf = <A>(items: ReadonlyArray<A>, concurrency: number, work: (item: A) => Promise<unknown>) =>
  concurrently(items.length, concurrency, async (index) => {
    const item = items[index]
    if (item !== undefined) await work(item)
  })
