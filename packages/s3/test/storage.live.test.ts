import { S3ObjectStorage } from "@framedb/s3"
import { startS3Server } from "@framedb/testing"
import { objectStorageSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { startFauxqs } from "fauxqs"

const credentials = { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") }
const all = { attributes: true, createOnly: true, stat: true, list: true, delete: true }
const fauxqs = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = await startFauxqs({ port: 0, logger: false })
    server.createBucket("backups")
    return server
  }),
  (server) => Effect.promise(() => server.stop()),
)

const largeBytes = 11 * 1024 * 1024

objectStorageSuite("S3ObjectStorage on a server that verifies everything", {
  layer: Layer.unwrap(
    Effect.map(startS3Server(), ({ endpoint }) =>
      S3ObjectStorage.layer({
        endpoint,
        credentials,
        bucket: "backups",
        prefix: "of/a test/",
        partBytes: 5 * 1024 * 1024,
      }),
    ),
  ),
  capability: all,
  largeBytes,
})

objectStorageSuite("S3ObjectStorage with the SDK's own checksums and bodies that are not signed", {
  layer: Layer.unwrap(
    Effect.map(startS3Server(), ({ endpoint }) =>
      S3ObjectStorage.layer({
        endpoint,
        credentials,
        bucket: "backups",
        checksums: "when-supported",
        signPayload: false,
      }),
    ),
  ),
  capability: all,
  largeBytes,
})

// An S3 of other authors. It does not honour If-None-Match, nor the encoding of listings.
objectStorageSuite("S3ObjectStorage on fauxqs", {
  layer: Layer.unwrap(
    Effect.map(fauxqs, ({ port }) =>
      S3ObjectStorage.layer({
        endpoint: `http://127.0.0.1:${port}`,
        credentials,
        bucket: "backups",
        createOnly: false,
      }),
    ),
  ),
  capability: { ...all, createOnly: false, listsControls: false },
  largeBytes,
})
