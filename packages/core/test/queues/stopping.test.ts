/** Listeners that are stopped in the middle of what they do, on the in-memory store. */
import { expect, it } from "@effect/vitest"
import { MessageIterator, type QueueConsumer, type QueueStore, Queues, StreamRouting } from "@framedb/core"
import { MemoryQueueStore, MemoryStreamRouting } from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
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

for (const ack of ["auto", "manual"] as const) {
  it.effect(
    `leaves the group when its runtime ends while a loop handles a message, and fails the loop then, ${ack}`,
    () =>
      Effect.gen(function* () {
        const queues = yield* openWith(MemoryQueueStore.make(), "a", "b")
        const runtime = ManagedRuntime.make(Layer.empty)
        const iterator = new MessageIterator({
          open: queues.openListener("q", framedbId, { ack }),
          run: (effect, options) => runtime.runPromiseExit(effect, options),
          present: text,
        })
        expect(yield* Effect.promise(() => iterator.next())).toMatchObject({ value: "a" })
        yield* Effect.promise(() => runtime.dispose())
        expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ length: 2, consumers: 0 })
        expect(yield* Effect.promise(() => iterator.next().catch(() => "failed"))).toBe("failed")
        expect(yield* Effect.promise(() => iterator.next())).toMatchObject({ done: true })
      }),
  )

  it.effect(`leaves the group when its signal is aborted while a loop handles a message, ${ack}`, () =>
    Effect.gen(function* () {
      const queues = yield* openWith(MemoryQueueStore.make(), "a", "b")
      const controller = new AbortController()
      const iterator = new MessageIterator({
        open: queues.openListener("q", framedbId, { ack }),
        run: Effect.runPromiseExit,
        present: text,
        signal: controller.signal,
      })
      expect(yield* Effect.promise(() => iterator.next())).toMatchObject({ value: "a" })
      const reason = new Error("enough")
      controller.abort(reason)
      const info = () => Effect.runPromise(queues.queueInfo("q", framedbId))
      yield* Effect.promise(() => expect.poll(info, { timeout: 4_000 }).toMatchObject({ length: 2, consumers: 0 }))
      expect(yield* Effect.promise(() => iterator.next().catch((thrown: unknown) => thrown))).toBe(reason)
    }),
  )
}

it.effect("gives back what nobody settled in steps of a bounded size", () =>
  Effect.gen(function* () {
    const sizes: Array<number> = []
    const store = withConsumer(MemoryQueueStore.make(), (consumer) => ({
      ...consumer,
      release: (releases) => {
        sizes.push(releases.length)
        return consumer.release(releases)
      },
    }))
    const count = 2_500
    const queues = yield* openWith(store)
    const publishing = Array.from({ length: count }, (_, index) => index)
    yield* Effect.forEach(publishing, (index) => queues.publish("q", bytes(String(index)), { framedbId }), {
      concurrency: "unbounded",
    })
    const scope = yield* Scope.make()
    const options = { ack: "manual", maxUnsettled: 10_000 } as const
    const listener = yield* Scope.provide(queues.openListener("q", framedbId, options), scope)
    for (let taken = 0; taken < count; taken++) if (listener.takeNext() === undefined) yield* listener.advance
    yield* Scope.close(scope, Exit.void)
    expect(sizes).toEqual([1_000, 1_000, 500])
    const rest = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
    expect([rest.length, text(rest[0] ?? { data: bytes("") }), rest[0]?.attempts]).toEqual([count, "0", 2])
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
