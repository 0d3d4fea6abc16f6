/** Listeners that are stopped in the middle of what they do, on the in-memory store. */
import { expect, it } from "@effect/vitest"
import { type QueueConsumer, type QueueStore, Queues, StreamRouting } from "@framedb/core"
import { MemoryQueueStore, MemoryStreamRouting } from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
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

it.effect("ends whoever waits for a message, and acknowledges what was handled, when its scope closes", () =>
  Effect.gen(function* () {
    const queues = yield* openWith(withLostAcknowledgement(), "a")
    const scope = yield* Scope.make()
    const listener = yield* Scope.provide(queues.openListener("q", framedbId), scope)
    yield* listener.advance
    expect(listener.takeNext()).toBeUndefined()
    const waiting = yield* Effect.forkChild(listener.advance, { startImmediately: true })
    yield* settle
    yield* Scope.close(scope, Exit.void)
    expect(waiting.pollUnsafe()).toMatchObject({ cause: { reasons: [{ _tag: "Interrupt" }] } })
    expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ length: 0, consumers: 0 })
  }),
)

it.effect("stops publishing when its scope closes, also what waits for its turn", () =>
  Effect.gen(function* () {
    const memory = MemoryQueueStore.make()
    let isStuck = false
    let tries = 0
    const store: QueueStore = {
      ...memory,
      publish: (batch) =>
        Effect.suspend(() => {
          tries++
          return isStuck ? Effect.never : memory.publish(batch)
        }),
    }
    const scope = yield* Scope.make()
    const queues = yield* Scope.provide(openWith(store, "registers"), scope)
    isStuck = true
    const exits: Array<Exit.Exit<unknown, unknown>> = []
    const count = 5_000
    for (let index = 0; index < count; index++) {
      queues.startPublish("q", bytes("a"), { framedbId }, (exit) => exits.push(exit))
    }
    yield* settle
    expect([tries, exits.length]).toEqual([3, 0])
    yield* Scope.close(scope, Exit.void)
    yield* Effect.promise(() => new Promise(setImmediate))
    expect(exits).toHaveLength(count)
    expect(exits.every((exit) => Exit.hasInterrupts(exit))).toBe(true)
  }),
)
