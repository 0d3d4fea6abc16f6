/** What the backups need: a client, and a storage. In memory with a folder, or real servers with S3. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { S3ObjectStorage } from "@framedb/s3"
import { ensurePackages, LocalCluster, startS3Server } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { FolderObjectStorage, FrameDBClient, ObjectStorage, type ObjectStorageService } from "framedb"

/** A client, a storage, and what has to be stopped after them. */
export interface Stage extends AsyncDisposable {
  readonly db: FrameDBClient
  readonly storage: ObjectStorageService
  readonly where: string
}

/** Objects in memory, backups in a temporary folder. */
export const folderStage = async (): Promise<Stage> => {
  const path = await mkdtemp(join(tmpdir(), "framedb-backups-"))
  const db = FrameDBClient.memory()
  const storage = await Effect.runPromise(FolderObjectStorage.make({ path }))
  const stop = async () => {
    await db.close()
    await rm(path, { recursive: true })
  }
  return { db, storage, where: "from memory to a folder", [Symbol.asyncDispose]: stop }
}

/** A bucket of an S3 server that lives as long as the layer. With AWS: `S3ObjectStorage.layer({ bucket })`. */
const s3 = Layer.unwrap(
  Effect.map(startS3Server(), ({ endpoint, credentials: { accessKeyId, secretAccessKey } }) =>
    S3ObjectStorage.layer({
      bucket: "backups",
      endpoint,
      credentials: { accessKeyId, secretAccessKey: Redacted.make(secretAccessKey) },
    }),
  ),
)

/** Objects in Redis and a SQL server, backups in S3, all started for the length of the example. */
export const liveStage = async (): Promise<Stage> => {
  await ensurePackages()
  const servers = ManagedRuntime.make(Layer.merge(LocalCluster.layer(), s3))
  const services = await servers.context()
  const { clusterUrl, routingUrl } = Context.get(services, LocalCluster.LocalCluster)
  const db = new FrameDBClient({ clusterUrl, routingUrl })
  const stop = async () => {
    await db.close()
    await servers.dispose()
  }
  const where = "from Redis and a SQL server to S3"
  return { db, storage: Context.get(services, ObjectStorage), where, [Symbol.asyncDispose]: stop }
}
