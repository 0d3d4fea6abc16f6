/** An S3 server in a process of its own, so that what it costs is not measured as the client's. */
import { startS3Server } from "@framedb/testing"
import * as Effect from "effect/Effect"

const serve = Effect.gen(function* () {
  const { endpoint } = yield* startS3Server({ verifies: false })
  process.send?.(endpoint)
  yield* Effect.never
})

process.once("disconnect", () => process.exit(0))
await Effect.runPromise(Effect.scoped(serve))
