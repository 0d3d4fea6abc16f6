/** Listeners that are stopped in the middle of what they do, on the in-memory store. */
import { expect, it } from "@effect/vitest"
import { type QueueConsumer, type QueueStore, Queues, StreamRouting } from "@framedb/core"
import { MemoryQueueStore, MemoryStreamRouting } from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"

const framedbId = "memory"
const bytes = (text: string) => new TextEncoder().encode(text)
const text = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data)

const withConsumer = (store: QueueStore, change: (consumer: QueueConsumer) => QueueConsumer): QueueStore => ({
  ...store,
  subscribe: (options) => Effect.map(store.subscribe(options), change),
})

const openWith = Effect.fnUntraced(function* (store: QueueStore, ...messages: ReadonlyArray<string>) {
  const queues = yield* Effect.flatMap(StreamRouting, (routing) => Queues.make(() => Effect.succeed(store), routing))
  for (const message of messages) yield* queues.publish("q", bytes(message), { framedbId })
  return queues
}, Effect.provide(MemoryStreamRouting.layer()))

/** Lets what is under way come to where it waits. */
const settle = Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow)

/** The first acknowledgement is never answered. */
const withLostAcknowledgement = (changes: (consumer: QueueConsumer) => Partial<QueueConsumer> = () => ({})) => {
  let isFirst = true
  return withConsumer(MemoryQueueStore.make(), (consumer) => ({
    ...consumer,
    ...changes(consumer),
    acknowledge: (ids) =>
      Effect.suspend(() => {
        if (!isFirst) return consumer.acknowledge(ids)
        isFirst = false
        return Effect.never
      }),
  }))
}

/** As a consumer that waits without a fiber. */
const startReceive =
  ({ receive }: QueueConsumer): NonNullable<QueueConsumer["startReceive"]> =>
  (options, resume) => {
    const fiber = Effect.runFork(receive(options))
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit) || !exit.cause.reasons.some(({ _tag }) => _tag === "Interrupt")) resume(exit)
    })
    return () => fiber.interruptUnsafe()
  }

const ways: Readonly<Record<string, (consumer: QueueConsumer) => Partial<QueueConsumer>>> = {
  "by fibers": () => ({}),
  "without fibers": (consumer) => ({ startReceive: startReceive(consumer) }),
}

for (const [way, changes] of Object.entries(ways)) {
  for (const open of ["openListener", "openDrain"] as const) {
    it.effect(
      `${open} ends once and at once while an acknowledgement takes long, and keeps what has come, ${way}`,
      () =>
        Effect.gen(function* () {
          const queues = yield* openWith(withLostAcknowledgement(changes), "a", "b", "c")
          const listener = yield* queues[open]("q", framedbId, { batchSize: 1 })
          expect(text(yield* listener.advance)).toBe("a")
          expect(listener.takeNext()).toBeUndefined()
          const exits: Array<Exit.Exit<unknown, unknown>> = []
          const stop = listener.startAdvance?.((exit) => exits.push(exit))
          yield* settle
          expect(exits).toEqual([])
          stop?.()
          yield* settle
          stop?.()
          expect(exits).toMatchObject([{ cause: { reasons: [{ _tag: "Interrupt" }] } }])
          const next = listener.takeNext()
          expect(next === undefined ? undefined : text(next)).toBe("b")
        }).pipe(Effect.scoped),
    )
  }
}

it.effect("is interrupted at once while a drain's acknowledgement takes long", () =>
  Effect.gen(function* () {
    const queues = yield* openWith(withLostAcknowledgement(), "a", "b")
    const draining = yield* Effect.forkChild(
      Stream.runDrain(queues.pullAllStreamData("q", framedbId, { batchSize: 1 })),
      { startImmediately: true },
    )
    yield* settle
    const interrupting = yield* Effect.forkChild(Fiber.interrupt(draining), { startImmediately: true })
    yield* settle
    expect(interrupting.pollUnsafe()).toBeDefined()
    const rest = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
    expect(rest.map((message) => [text(message), message.attempts])).toEqual([["b", 1]])
  }),
)
