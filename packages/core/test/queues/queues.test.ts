/** The programs of queues, on the in-memory store and a clock that the test moves. */
import { expect, it } from "@effect/vitest"
import { BackendError, backendReason, MessageIterator, type QueueStore, Queues, StreamRouting } from "@framedb/core"
import { MemoryQueueStore, MemoryStreamRouting } from "@framedb/core/memory"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

const framedbId = "memory"
const bytes = (text: string) => new TextEncoder().encode(text)
const text = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data)

const openQueues = Effect.gen(function* () {
  const routing = yield* StreamRouting
  const store = MemoryQueueStore.make()
  return yield* Queues.make(() => Effect.succeed(store), routing)
}).pipe(Effect.provide(MemoryStreamRouting.layer()))

const openWith = Effect.fnUntraced(function* (...messages: ReadonlyArray<string>) {
  const queues = yield* openQueues
  for (const message of messages) yield* queues.publish("q", bytes(message), { framedbId })
  return queues
})

it.effect("hands out messages in order and acknowledges each when the next is pulled", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b", "c")
    const seen: Array<string> = []
    yield* queues.listenForStreamData("q", framedbId).pipe(
      Stream.take(3),
      Stream.runForEach((message) => Effect.sync(() => seen.push(text(message)))),
    )
    expect(seen).toEqual(["a", "b", "c"])
    expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ length: 0, pending: 0, consumers: 0 })
  }),
)

it.effect("acknowledges only what was returned from when the consumer fails, and names the failure at last", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("good", "poison", "rest")
    const handled: Array<string> = []
    const once = queues.listenForStreamData("q", framedbId, { maxDeliveries: 3 }).pipe(
      Stream.take(3),
      Stream.runForEach((message) =>
        text(message) === "poison"
          ? Effect.fail(new Error("can't read it"))
          : Effect.sync(() => handled.push(`${text(message)} ${message.attempts}`)),
      ),
    )
    for (let attempt = 0; attempt < 3; attempt++) yield* Effect.flip(once)
    expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ length: 1, deadLetters: 1 })
    const [letter] = yield* Stream.runCollect(queues.pullAllStreamData("{q}:dead", framedbId))
    expect(letter?.headers).toMatchObject({ "framedb:attempts": "3", "framedb:reason": "Error: can't read it" })
    const rest = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
    // What waited behind the poison was never handed out: it is as good as new.
    expect([...handled, ...rest.map((message) => `${text(message)} ${message.attempts}`)]).toEqual(["good 1", "rest 1"])
  }),
)

it.effect("gives back what an interrupted consumer had in hand and behind it", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b", "c")
    const inHand = yield* Deferred.make<void>()
    const consumer = yield* queues.listenForStreamData("q", framedbId).pipe(
      Stream.runForEach((message) =>
        text(message) === "b" ? Effect.andThen(Deferred.succeed(inHand, undefined), Effect.never) : Effect.void,
      ),
      Effect.forkChild,
    )
    yield* Deferred.await(inHand)
    yield* Fiber.interrupt(consumer)
    const rest = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
    expect(rest.map((message) => [text(message), message.attempts])).toEqual([
      ["b", 2],
      ["c", 1],
    ])
  }),
)

it.effect("drains what was there when it began, and leaves what is not pulled and what comes later", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b", "c", "d")
    const first = yield* queues.pullAllStreamData("q", framedbId).pipe(
      Stream.tap(() => queues.publish("q", bytes("later"), { framedbId })),
      Stream.take(2),
      Stream.runCollect,
    )
    expect(first.map(text)).toEqual(["a", "b"])
    const second = yield* queues.pullAllStreamData("q", framedbId).pipe(
      Stream.tap(() => queues.publish("q", bytes("even later"), { framedbId })),
      Stream.runCollect,
    )
    expect(second.map(text)).toEqual(["c", "d", "later", "later"])
    expect((yield* queues.queueInfo("q", framedbId)).length).toBe(4)
    expect(yield* Stream.runCollect(queues.pullAllStreamData("nothing", framedbId))).toEqual([])
  }),
)

it.effect("keeps the message of a loop that is left, by break as by throw, since nobody can tell them apart", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b")
    for (const leave of ["break", "throw"]) {
      const iterate = async (messages: AsyncIterable<{ readonly data: Uint8Array }>) => {
        for await (const message of messages) {
          if (leave === "throw") throw new Error(text(message))
          break
        }
      }
      const open = queues.openListener("q", framedbId, { maxDeliveries: 10 })
      const iterator = new MessageIterator({ open, run: Effect.runPromiseExit, present: (message) => message })
      yield* Effect.promise(() => iterate(iterator).catch(() => {}))
      const stream = Stream.toAsyncIterable(queues.listenForStreamData("q", framedbId, { maxDeliveries: 10 }))
      yield* Effect.promise(() => iterate(stream).catch(() => {}))
    }
    expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ length: 2, consumers: 0 })
  }),
)

it.effect("answers calls of next that overlap in turn, and ends when it is returned from", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b", "c")
    const open = queues.openListener("q", framedbId)
    const iterator = new MessageIterator({ open, run: Effect.runPromiseExit, present: text })
    const results = yield* Effect.promise(() => Promise.all([iterator.next(), iterator.next(), iterator.next()]))
    expect(results.map(({ value }) => value)).toEqual(["a", "b", "c"])
    const [waiting, returned] = yield* Effect.promise(() => Promise.all([iterator.next(), iterator.return()]))
    expect([waiting.done, returned.done]).toEqual([true, true])
    expect((yield* Effect.promise(() => iterator.next())).done).toBe(true)
  }),
)

it.effect("settles by hand, in any order, and stops handing out what nobody settles", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b", "c", "d")
    const listener = yield* queues.openListener("q", framedbId, { ack: "manual", maxUnsettled: 3 })
    const next = Effect.suspend(() => {
      const message = listener.takeNext()
      return message === undefined ? listener.advance : Effect.succeed(message)
    })
    const [a, b, c] = [yield* next, yield* next, yield* next]
    const d = yield* Effect.forkChild(next)
    yield* TestClock.adjust("1 second")
    expect(d.pollUnsafe()).toBeUndefined()
    expect(yield* b.ack).toBe(true)
    expect(yield* b.ack).toBe(false)
    expect(text(yield* Fiber.join(d))).toBe("d")
    expect(yield* a.nack({ delayMillis: 5_000 })).toBe(true)
    expect(yield* c.extend(60_000)).toBe(true)
    const again = yield* Effect.forkChild(next)
    yield* TestClock.adjust("4 seconds")
    expect(again.pollUnsafe()).toBeUndefined()
    yield* TestClock.adjust("2 seconds")
    expect(yield* Fiber.join(again)).toMatchObject({ id: a.id, attempts: 2 })
  }),
)

it.effect("holds for a living consumer what takes longer than the visibility timeout", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("slow", "next")
    const seen: Array<string> = []
    const listen = queues.listenForStreamData("q", framedbId, { visibilityTimeoutMillis: 1_000 })
    const handle = Stream.runForEach((message: { readonly data: Uint8Array }) =>
      Effect.andThen(
        Effect.sync(() => seen.push(text(message))),
        Effect.sleep("10 seconds"),
      ),
    )
    yield* Effect.forkScoped(handle(listen))
    yield* TestClock.adjust("500 millis")
    yield* Effect.forkScoped(handle(listen))
    for (let step = 0; step < 100; step++) yield* TestClock.adjust("250 millis")
    expect(seen).toEqual(["slow", "next"])
  }),
)

it.effect("goes on prolonging what it holds though the machine's clock is set back", () =>
  Effect.gen(function* () {
    const real = yield* Clock.Clock
    let behind = 0
    const now = () => real.currentTimeMillisUnsafe() - behind
    const clock: Clock.Clock = { ...real, currentTimeMillisUnsafe: now, currentTimeMillis: Effect.sync(now) }
    yield* TestClock.adjust("2 hours")
    let extended = 0
    const memory = MemoryQueueStore.make()
    const store: QueueStore = {
      ...memory,
      subscribe: (options) =>
        Effect.map(memory.subscribe(options), (consumer) => ({
          ...consumer,
          extend: (ids, millis) => Effect.tap(consumer.extend(ids, millis), () => Effect.sync(() => extended++)),
        })),
    }
    const queues = yield* Queues.make(() => Effect.succeed(store), yield* StreamRouting)
    yield* queues.publish("q", bytes("a"), { framedbId })
    const options = { visibilityTimeoutMillis: 1_000 }
    const opening = queues.openListener("q", framedbId, options)
    const listener = yield* Effect.provideService(opening, Clock.Clock, clock)
    expect(text(yield* listener.advance)).toBe("a")
    behind = 3_600_000
    for (let step = 0; step < 20; step++) yield* TestClock.adjust("100 millis")
    expect(extended).toBeGreaterThanOrEqual(4)
  }).pipe(Effect.provide(MemoryStreamRouting.layer())),
)

it.effect(
  "tries again to open a listener, a drain and a follower, and to look, where that failed in a way that may pass",
  () =>
    Effect.gen(function* () {
      const memory = MemoryQueueStore.make()
      const failure = new BackendError({
        backend: "redis",
        operation: "test",
        reason: backendReason("Unavailable", "gone for a moment"),
        maybeApplied: false,
      })
      let attempts = 0
      const everySecond = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.suspend(
          (): Effect.Effect<A, E | BackendError, R> => (attempts++ % 2 === 0 ? Effect.fail(failure) : effect),
        )
      const store: QueueStore = {
        ...memory,
        subscribe: (options) => everySecond(memory.subscribe(options)),
        tail: (queue, from) => everySecond(memory.tail(queue, from)),
        info: (queue, group) => everySecond(memory.info(queue, group)),
      }
      const queues = yield* Queues.make(
        () => Effect.succeed(store),
        yield* StreamRouting,
        undefined,
        (attempt) => Effect.retry(attempt, { times: 1 }),
      )
      yield* queues.publish("q", bytes("a"), { framedbId })
      const one = <A, E>(stream: Stream.Stream<A, E>) => Stream.runCollect(Stream.take(stream, 1))
      const heard = [
        yield* one(queues.tail("q", framedbId, { from: "beginning" })),
        yield* one(queues.listenForStreamData("q", framedbId, { keepAcknowledged: true })),
        yield* one(queues.pullAllStreamData("q", framedbId, { group: "other" })),
      ]
      expect(heard.map((messages) => messages.map(text))).toEqual([["a"], ["a"], ["a"]])
      expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ consumers: 0 })
      expect(attempts).toBe(10)
    }).pipe(Effect.provide(MemoryStreamRouting.layer())),
)

it.effect("registers a queue once, before its first message, and refuses one that is elsewhere", () =>
  Effect.gen(function* () {
    const routing = yield* StreamRouting
    const store = MemoryQueueStore.make()
    let asked = 0
    const counting = StreamRouting.of({
      ...routing,
      find: (queue) => Effect.tap(routing.find(queue), () => Effect.sync(() => asked++)),
    })
    const queues = yield* Queues.make(() => Effect.succeed(store), counting)
    for (let index = 0; index < 10; index++) yield* queues.publish("q", bytes("x"), { framedbId })
    expect(asked).toBe(1)
    expect(Option.isSome(yield* routing.find((yield* queues.queueInfo("q", framedbId)).queue))).toBe(true)
    const error = yield* Effect.flip(queues.publish("q", bytes("x"), { framedbId: "elsewhere" }))
    expect(error).toMatchObject({ _tag: "InvalidArgument", argument: "framedbId" })
  }).pipe(Effect.provide(MemoryStreamRouting.layer())),
)

it.effect("takes the oldest message for good, and says where there is none", () =>
  Effect.gen(function* () {
    const queues = yield* openWith("a", "b")
    expect(Option.map(yield* queues.takeOldest("q", framedbId, Effect.succeed), text)).toEqual(Option.some("a"))
    expect(Option.map(yield* queues.takeOldest("q", framedbId, Effect.succeed), text)).toEqual(Option.some("b"))
    expect(yield* queues.takeOldest("q", framedbId, Effect.succeed)).toEqual(Option.none())
  }),
)

it.effect("goes on where its instance has moved to, and gives back what it held where it was", () =>
  Effect.gen(function* () {
    const routing = yield* StreamRouting
    const [old, moved] = [MemoryQueueStore.make(), MemoryQueueStore.make()]
    let store = old
    const queues = yield* Queues.make(() => Effect.sync(() => store), routing)
    const publish = (word: string) => queues.publish("q", bytes(word), { framedbId })
    const seen: Array<string> = []
    yield* publish("here")
    yield* queues.listenForStreamData("q", framedbId).pipe(
      Stream.runForEach((message) => Effect.sync(() => seen.push(text(message)))),
      Effect.forkScoped,
    )
    yield* TestClock.adjust("2 seconds")
    store = moved
    yield* publish("there")
    for (let second = 0; second < 5; second++) yield* TestClock.adjust("1 second")
    expect(seen).toEqual(["here", "there"])
    expect((yield* queues.queueInfo("q", framedbId)).consumers).toBe(1)
    store = old
    expect((yield* queues.queueInfo("q", framedbId)).consumers).toBe(0)
  }).pipe(Effect.provide(MemoryStreamRouting.layer())),
)

it.effect("refuses what can't be used, and says which argument", () =>
  Effect.gen(function* () {
    const queues = yield* openQueues
    const refused = yield* Effect.all([
      Effect.flip(queues.publish("", bytes("x"), { framedbId })),
      Effect.flip(queues.publish("q", bytes("x"), { framedbId, headers: { data: "x" } })),
      Effect.flip(queues.publish("q", bytes("x"), { framedbId, maxLength: 0 })),
      Effect.flip(Stream.runDrain(queues.listenForStreamData("q", framedbId, { batchSize: 0 }))),
      Effect.flip(Stream.runDrain(queues.listenForStreamData("q", framedbId, { from: { after: "soon" } }))),
      Effect.flip(Stream.runDrain(queues.listenForStreamData("q", framedbId, { group: "framedb:x" }))),
    ])
    expect(refused.map((error) => (error._tag === "InvalidArgument" ? error.argument : error._tag))).toEqual([
      ...["queue", "headers", "maxLength", "batchSize", "from", "group"],
    ])
    const large = yield* Effect.flip(queues.publish("q", new Uint8Array(16 * 1024 * 1024 + 1), { framedbId }))
    expect(large._tag).toBe("ObjectTooLarge")
  }),
)

it.effect(
  "handles 24 hours of messages, each once, in order, though consumers die on the way",
  () =>
    Effect.gen(function* () {
      const queues = yield* openQueues
      const hours = 24
      const handled: Array<number> = []
      yield* Effect.gen(function* () {
        for (let index = 0; index < hours * 60; index++) {
          yield* queues.publish("q", bytes(String(index)), { framedbId })
          yield* Effect.sleep("1 minute")
        }
      }).pipe(Effect.forkScoped)
      yield* queues.listenForStreamData("q", framedbId).pipe(
        Stream.runForEach((message) =>
          message.attempts === 1 && Number(text(message)) % 100 === 50
            ? Effect.fail("fell over")
            : Effect.sync(() => handled.push(Number(text(message)))),
        ),
        Effect.catch(() => Effect.sleep("10 seconds")),
        Effect.forever,
        Effect.forkScoped,
      )
      // One minute more, for the last message to arrive in.
      for (let minute = 0; minute <= hours * 60; minute++) yield* TestClock.adjust("1 minute")
      expect(handled).toEqual(Array.from({ length: hours * 60 }, (_, index) => index))
      expect(yield* queues.queueInfo("q", framedbId)).toMatchObject({ length: 0, deadLetters: 0 })
    }),
  60_000,
)
