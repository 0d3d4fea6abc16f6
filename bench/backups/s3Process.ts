/** An S3 server in a process of its own, so that what it costs is not measured as the client's. */
import { startS3Server } from "@framedb/testing"
import * as Effect from "effect/Effect"
import { collectGarbage } from "../harness/collectGarbage.ts"
import { bucket } from "./bucket.ts"

const serve = Effect.gen(function* () {
  const { endpoint, store } = yield* startS3Server({ verifies: false, buckets: [bucket] })
  process.on("message", () => {
    store.bucket(bucket).clear()
    collectGarbage()
    process.send?.("forgotten")
  })
  process.send?.(endpoint)
  yield* Effect.never
})

process.once("disconnect", () => process.exit(0))
await Effect.runPromise(Effect.scoped(serve))
