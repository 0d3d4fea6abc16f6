import { assert, layer } from "@effect/vitest"
import { SqlServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { key, open } from "./support.ts"

layer(SqlServer.layer({ args: ["--max-allowed-packet=1M"] }), { excludeTestServices: true, timeout: "60 seconds" })(
  "a server that takes small packets",
  (it) => {
    it.effect("lowers the limits to what it takes, also at their very edge", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { objects } = yield* open(server.url)
          const { inlineBytes, batchBytes, batchKeys } = objects.limits
          // Four times as many of the longest keys, and the bytes of a batch, would not fit.
          assert.strictEqual(objects.limits.bulkKeys, batchKeys)
          assert.isBelow(inlineBytes, 1024 * 1024)
          assert.isBelow(batchBytes, 1024 * 1024)
          assert.isAbove(inlineBytes, 512 * 1024)
          const largest = { key: key("😀".repeat(255)), data: new Uint8Array(inlineBytes).fill(7) }
          // The largest batch: the longest keys, as many bytes as it should write.
          const part = Math.floor(batchBytes / batchKeys)
          const batch = Array.from({ length: batchKeys }, (_, index) => ({
            key: key(`${"😀".repeat(250)}${index}`),
            data: new Uint8Array(part).fill(index),
          }))
          // A batch of nine is filled up to sixteen by repeating one of them.
          const ninth = Math.floor(batchBytes / 9)
          const nine = Array.from({ length: 9 }, (_, index) => ({
            key: key(`nine-${index}`),
            data: new Uint8Array(ninth).fill(index),
          }))
          for (const entries of [[largest], batch, nine]) {
            yield* objects.setMany(entries)
            assert.deepStrictEqual(
              yield* objects.replaceMany(entries),
              entries.map(() => true),
            )
            const found = yield* objects.getMany(entries.map((entry) => entry.key))
            assert.isTrue(found.every((it, at) => Option.isSome(it) && it.value[0] === entries[at]?.data[0]))
          }
          const error = yield* Effect.flip(
            objects.setMany([{ key: key("larger"), data: new Uint8Array(inlineBytes + 1) }]),
          )
          assert.strictEqual(error._tag === "BackendError" && error.reason._tag, "Rejected")
        }),
      ),
    )
  },
)
