/** A process that writes a large object without end, until it is killed. Arguments: the instance's URL and the key. */
import { makeChunkVersion, ObjectKey } from "@framedb/core"
import * as Effect from "effect/Effect"
import { open } from "./support.ts"

const [url = "", name = ""] = process.argv.slice(2)

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const { chunks } = yield* open(url, { chunkLeaseMillis: 1500 })
      const range = { key: ObjectKey.make(name), version: makeChunkVersion(), chunks: 100_000 }
      yield* chunks.begin({ ...range, chunks: 256 })
      for (let index = 0; index < 256; index++) {
        yield* chunks.put({ ...range, index, data: new Uint8Array(10_000).fill(index) })
        if (index === 20) process.stdout.write("writing\n")
      }
      yield* Effect.never
    }),
  ),
)
