/** The place of the memory drill that is a bucket of S3. */
import { S3ObjectStorage } from "@framedb/s3"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

/** Opens the bucket of the benchmarks' S3 server. */
export const openPlace = Effect.fnUntraced(function* (_place: string, endpoint: string) {
  const storage = yield* S3ObjectStorage.make({
    endpoint,
    bucket: "backups",
    credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") },
  })
  return {
    write: (body: Stream.Stream<Uint8Array>) => Effect.asVoid(storage.put("large", body)),
    read: Stream.unwrap(Effect.map(storage.get("large"), (found) => Option.getOrThrow(found).body)),
  }
})
