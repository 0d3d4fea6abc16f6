import { S3ObjectStorage } from "@framedb/s3"
import { startS3Server } from "@framedb/testing"
import { objectStorageSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const credentials = { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") }
const all = { attributes: true, createOnly: true, stat: true, list: true, delete: true }
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

objectStorageSuite("S3ObjectStorage with the SDK's own checksums", {
  layer: Layer.unwrap(
    Effect.map(startS3Server(), ({ endpoint }) =>
      S3ObjectStorage.layer({ endpoint, credentials, bucket: "backups", checksums: "when-supported" }),
    ),
  ),
  capability: all,
  largeBytes,
})
