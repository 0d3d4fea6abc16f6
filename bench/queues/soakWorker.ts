// A process of the soak, to be killed: handles messages and tells each, before it is acknowledged.
import { writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { framedbId, openQueues } from "./setting.ts"

const [url = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const queues = yield* openQueues(url)
  yield* queues
    .listenForStreamData("soak", framedbId, { visibilityTimeoutMillis: 3_000 })
    .pipe(
      Stream.runForEach((message) =>
        Effect.sync(() => writeSync(1, `${new TextDecoder().decode(message.data)} ${message.attempts}\n`)),
      ),
    )
})

await Effect.runPromise(Effect.scoped(program))
