import { expect, type Vitest } from "@effect/vitest"
import { Queues, type StreamHeaders, StreamRouting } from "@framedb/core"
import { MemoryStreamRouting } from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { QueueStoreUnderTest } from "./QueueStoreUnderTest.ts"
import { bytes, publishTexts, texts, uniqueQueue } from "./queueTools.ts"

/** What the program that publishes in batches makes of a store. */
export const publishingTests = (it: Vitest.MethodsNonLive<QueueStoreUnderTest>): void => {
  it.effect("lets no message with headers keep others of the same turn from a list", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, ["0"], { encoding: "list" })
      const routing = yield* Effect.provide(StreamRouting, MemoryStreamRouting.layer())
      const opened = { pins: 0, connection: { queues: store } }
      const queues = yield* Queues.make(
        () => Effect.succeed(store),
        routing,
        () => opened,
      )
      const framedbId = "any"
      const publish = (text: string, headers?: StreamHeaders) =>
        Effect.result(
          queues.publish(queue, bytes(text), headers === undefined ? { framedbId } : { framedbId, headers }),
        )
      const [one, refused, two] = yield* Effect.all([publish("1"), publish("x", { a: "b" }), publish("2")], {
        concurrency: "unbounded",
      })
      expect([one, two]).toMatchObject([{ success: "" }, { success: "" }])
      expect(refused).toMatchObject({ failure: { reason: { code: "NOHEADERS" }, maybeApplied: false } })
      yield* queues.publish(queue, bytes("3"), { framedbId })
      const all = yield* Stream.runCollect(queues.pullAllStreamData(queue, framedbId))
      expect(texts(all)).toEqual(["0", "1", "2", "3"])
    }),
  )
}
