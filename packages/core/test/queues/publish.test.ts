/** Publishing on a store that fails in every way that may pass. */
import { expect, it } from "@effect/vitest"
import { BackendError, backendReason, type QueuePeek, type QueueStore, Queues, StreamRouting } from "@framedb/core"
import { MemoryQueueStore, MemoryStreamRouting } from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"

const framedbId = "memory"
const bytes = (text: string) => new TextEncoder().encode(text)
const text = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data)

/** What becomes of one call: it works, fails before anything is added, loses its answer, or takes its time. */
type Fate = "works" | "refused" | "answer lost" | "slow"

const unavailable = (maybeApplied: boolean) =>
  new BackendError({
    backend: "redis",
    operation: "publish",
    reason: backendReason("Unavailable", "for a while"),
    maybeApplied,
  })

const faulty = (store: QueueStore, fates: Array<Fate>): QueueStore => ({
  ...store,
  publish: (batch) =>
    Effect.suspend(() => {
      const fate = fates.shift() ?? "works"
      if (fate === "refused") return Effect.fail(unavailable(false))
      if (fate === "answer lost") return Effect.andThen(store.publish(batch), Effect.fail(unavailable(true)))
      return fate === "slow" ? Effect.delay(store.publish(batch), 30) : store.publish(batch)
    }),
})

const openOn = (store: QueueStore, peek?: QueuePeek) =>
  Effect.flatMap(StreamRouting, (routing) => Queues.make(() => Effect.succeed(store), routing, peek)).pipe(
    Effect.provide(MemoryStreamRouting.layer()),
  )

/** The instance of a store that publishes without a fiber, too, and how often that was done. */
const openInstance = Effect.fnUntraced(function* (store: QueueStore) {
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const opened = { pins: 0, starts: 0, connection: { queues: store } }
  const startPublish: QueueStore["startPublish"] = (batch, resume) => {
    opened.starts++
    fork(store.publish(batch)).addObserver(resume)
  }
  opened.connection.queues = { ...store, startPublish }
  return opened
})

const fates = fc.array(fc.constantFrom<Fate>("works", "refused", "answer lost", "slow"), { maxLength: 12 })

for (const way of ["by fibers", "without fibers"]) {
  it.effect(`adds each message once and in order, whatever fails, with two batches under way, ${way}`, () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fates, (program) =>
          Effect.runPromise(
            Effect.gen(function* () {
              const store = faulty(MemoryQueueStore.make(), [...program])
              const opened = yield* openInstance(store)
              const queues = yield* openOn(store, way === "by fibers" ? undefined : () => opened)
              const words = Array.from({ length: 300 }, (_, index) => String(index))
              const publish = (word: string) => queues.publish("q", bytes(word), { framedbId })
              const publishing = yield* Effect.forkChild(Effect.forEach(words, publish, { concurrency: 100 }))
              // More than the first pauses together; what is tried again and again pauses longer.
              for (let second = 0; second < 30; second++) yield* TestClock.adjust("1 second")
              const ids = yield* Fiber.join(publishing)
              const all = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
              expect(all.map(text)).toEqual(words)
              expect(ids).toEqual(all.map(({ id }) => id))
              expect([opened.starts > 0, opened.pins]).toEqual([way !== "by fibers", 0])
            }).pipe(Effect.scoped, Effect.provide(TestClock.layer())),
          ),
        ),
        { numRuns: 40 },
      ),
    ),
  )
}

it.effect("fails what can't pass at once, and goes on with what comes after it", () =>
  Effect.gen(function* () {
    const store = MemoryQueueStore.make()
    let isFull = true
    const full = new BackendError({
      backend: "redis",
      operation: "publish",
      reason: backendReason("Rejected", "full"),
      maybeApplied: false,
    })
    const queues = yield* openOn({
      ...store,
      publish: (batch) => Effect.suspend(() => (isFull ? Effect.fail(full) : store.publish(batch))),
    })
    const publish = (word: string) => queues.publish("q", bytes(word), { framedbId })
    expect(yield* Effect.flip(publish("a"))).toBe(full)
    isFull = false
    yield* publish("b")
    expect((yield* queues.queueInfo("q", framedbId)).length).toBe(1)
  }),
)

it.effect("keeps what it was given, when the caller changes data and headers afterwards", () =>
  Effect.gen(function* () {
    const queues = yield* openOn(MemoryQueueStore.make())
    const data = bytes("as published")
    const headers = { kind: "as published" }
    const publishing = yield* Effect.forkChild(queues.publish("q", data, { framedbId, headers }), {
      startImmediately: true,
    })
    data.fill(0)
    headers.kind = "changed"
    yield* Fiber.join(publishing)
    const [message] = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
    expect(message === undefined ? undefined : [text(message), message.headers]).toEqual([
      "as published",
      { kind: "as published" },
    ])
  }),
)
