// Run by a test in a process of its own: whatever is still open when the scope has closed is printed, and would keep the
// process alive.
import { FramedbId, ObjectKey } from "@framedb/core"
import { RedisLive } from "@framedb/redis"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const [url = "", metadata = "{}"] = process.argv.slice(2)

const instance = {
  framedbId: FramedbId.make("redis"),
  kind: "redis" as const,
  url: Redacted.make(url),
  clusterId: undefined,
  metadata: JSON.parse(metadata),
}

const program = Effect.gen(function* () {
  const { objects } = yield* RedisLive.make({ connectTimeoutMillis: 2_000 }).open(instance)
  const entries = Array.from({ length: 16 }, (_, index) => ({
    key: ObjectKey.make(`key ${index}`),
    data: new Uint8Array(10),
  }))
  yield* objects.setMany(entries)
})

const before = process.getActiveResourcesInfo().length
const exit = await Effect.runPromiseExit(Effect.scoped(program))
const after = process.getActiveResourcesInfo()
process.stdout.write(JSON.stringify({ exit: exit._tag, left: after.slice(before) }))
