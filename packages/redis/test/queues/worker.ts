// Run by the drills as a process of its own, to be killed: handles messages and tells each on a line of its own.
import { writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { framedbId, queuesAt, textOf } from "./queuesAt.ts"

const [url = "", queue = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const queues = yield* queuesAt(url)
  yield* queues.listenForStreamData(queue, framedbId, { visibilityTimeoutMillis: 1_500 }).pipe(
    Stream.runForEach((message) =>
      Effect.promise(async () => {
        // The line is out before the message is acknowledged.
        writeSync(1, `${textOf(message)}\n`)
        if (Number(textOf(message)) % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      }),
    ),
  )
})

await Effect.runPromise(Effect.scoped(program))
