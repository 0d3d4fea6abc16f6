/** What others do to a queue while it is listened to. */
import { expect, it } from "@effect/vitest"
import { MessageIterator, queueLastPoll, queueReconnects } from "@framedb/core"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { Redis } from "ioredis"
import { ask } from "../ask.ts"
import { bytesOf } from "../instanceAt.ts"
import { framedbId, queuesAt, textOf } from "./queuesAt.ts"

const until = (isDone: () => boolean, millis = 8_000) =>
  Effect.suspend(() => (isDone() ? Effect.void : Effect.fail("not yet" as const))).pipe(
    Effect.retry(Schedule.spaced("10 millis").pipe(Schedule.upTo({ duration: millis }))),
  )

/** A private Redis, so that it may be flushed, with a listener on the queue `q` and what it has heard. */
const listening = Effect.fnUntraced(function* () {
  const server = yield* RedisServer.make()
  const queues = yield* queuesAt(server.url)
  const heard: Array<string> = []
  const listener = yield* queues.listenForStreamData("q", framedbId).pipe(
    Stream.runForEach((message) => Effect.sync(() => heard.push(textOf(message)))),
    Effect.forkScoped,
  )
  const publish = (text: string) => queues.publish("q", bytesOf(text), { framedbId })
  const disturb = <A>(how: (client: Redis) => Promise<A>) => ask(server.url, how)
  return { queues, heard, listener, publish, disturb }
})

const disturbances: Readonly<Record<string, (client: Redis) => Promise<unknown>>> = {
  "its group is deleted": (client) => client.xgroup("DESTROY", "q", "framedb"),
  "its queue is deleted": (client) => client.del("q"),
  "everything is flushed": (client) => client.flushall(),
  "its connections are killed": (client) => client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"),
  "the server forgets its scripts": (client) => client.script("FLUSH"),
}

for (const [what, disturbance] of Object.entries(disturbances)) {
  it.live(`goes on when ${what}`, () =>
    Effect.gen(function* () {
      const { heard, publish, disturb } = yield* listening()
      yield* publish("before")
      yield* until(() => heard.length === 1)
      yield* disturb(disturbance)
      yield* Effect.sleep(50)
      yield* publish("after")
      yield* until(() => heard.includes("after"))
      expect(heard.filter((text) => text === "after")).toHaveLength(1)
    }),
  )
}

const deletions = ["its group is deleted", "its queue is deleted", "everything is flushed"]

for (const what of deletions) {
  it.live(`goes on when ${what} while it handles a message, which can't be acknowledged any more`, () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const queues = yield* queuesAt(server.url)
      const heard: Array<string> = []
      yield* queues.publish("q", bytesOf("before"), { framedbId })
      yield* queues.listenForStreamData("q", framedbId).pipe(
        Stream.runForEach((message) =>
          Effect.promise(async () => {
            if (heard.push(textOf(message)) > 1) return
            await ask(server.url, async (client) => disturbances[what]?.(client))
          }),
        ),
        Effect.forkScoped,
      )
      yield* until(() => heard.length > 0)
      yield* Effect.sleep(50)
      yield* queues.publish("q", bytesOf("after"), { framedbId })
      yield* until(() => heard.includes("after"))
    }),
  )
}

it.live("counts the connections that it lost", () =>
  Effect.gen(function* () {
    const { heard, publish, disturb } = yield* listening()
    yield* publish("before")
    yield* until(() => heard.length === 1)
    const count = Metric.withAttributes(queueReconnects, { queue: "q", framedbId })
    const before = (yield* Metric.value(count)).count
    yield* disturb((client) => client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
    yield* publish("after")
    yield* until(() => heard.includes("after"))
    expect((yield* Metric.value(count)).count).toBeGreaterThan(before)
  }),
)

it.live("shows that it lives while nothing comes", () =>
  Effect.gen(function* () {
    const { heard, publish } = yield* listening()
    yield* publish("last")
    yield* until(() => heard.length === 1)
    const gauge = Metric.withAttributes(queueLastPoll, { queue: "q", framedbId })
    const shown = Effect.map(Metric.value(gauge), ({ value }) => value)
    const before = yield* shown
    const later = shown.pipe(
      Effect.filterOrFail((value) => value > before),
      Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.upTo({ duration: 20_000 }))),
    )
    expect(yield* later).toBeGreaterThan(before)
  }),
)

it.live("drains a Python producer's list, oldest first, and leaves what comes meanwhile", () =>
  Effect.gen(function* () {
    const server = yield* RedisServer.make()
    const queues = yield* queuesAt(server.url)
    yield* ask(server.url, (client) => client.lpush("list", "1", "2", "3"))
    const drained = yield* queues.pullAllStreamData("list", framedbId).pipe(
      Stream.tap(() => Effect.asVoid(ask(server.url, (client) => client.lpush("list", "later")))),
      Stream.runCollect,
    )
    expect(drained.map(textOf)).toEqual(["1", "2", "3"])
    expect(yield* ask(server.url, (client) => client.llen("list"))).toBe(3)
    expect(yield* queues.queueInfo("list", framedbId)).toMatchObject({ encoding: "list", length: 3, pending: 0 })
  }),
)

it.live("fails with WRONGTYPE when the queue becomes something else, and when it is something else", () =>
  Effect.gen(function* () {
    const { queues, heard, listener, publish, disturb } = yield* listening()
    yield* publish("before")
    yield* until(() => heard.length === 1)
    yield* disturb((client) => client.set("q", "an object"))
    const wrongType = { _tag: "BackendError", reason: { _tag: "Rejected", code: "WRONGTYPE" } }
    expect(yield* Effect.flip(Fiber.join(listener))).toMatchObject(wrongType)
    expect(yield* Effect.flip(publish("x"))).toMatchObject(wrongType)
    expect(yield* Effect.flip(queues.queueInfo("q", framedbId))).toMatchObject(wrongType)
    expect(yield* Effect.flip(queues.redrive("q", framedbId))).toMatchObject(wrongType)
    expect(yield* Effect.flip(Stream.runDrain(queues.pullAllStreamData("q", framedbId)))).toMatchObject(wrongType)
  }),
)

it.live("serves a Python producer's list, also one that begins after the listener, and shares it with ours", () =>
  Effect.gen(function* () {
    const { queues, heard, publish, disturb } = yield* listening()
    yield* Effect.sleep(50)
    yield* disturb((client) => client.lpush("q", "1"))
    yield* until(() => heard.length === 1)
    yield* disturb((client) => client.lpush("q", "2", "3"))
    yield* publish("4")
    yield* disturb((client) => client.lpush("q", "5"))
    yield* until(() => heard.length === 5)
    expect(heard).toEqual(["1", "2", "3", "4", "5"])
    yield* queues.publish("for-python", bytesOf("a"), { framedbId, encoding: "list" })
    yield* queues.publish("for-python", bytesOf("b"), { framedbId })
    expect(yield* disturb((client) => client.rpop("for-python", 2))).toEqual(["a", "b"])
  }),
)

it.live("ends its connection also where nothing runs effects any more", () =>
  Effect.gen(function* () {
    const server = yield* RedisServer.make()
    const queues = yield* queuesAt(server.url)
    const open = queues.openListener("q", framedbId)
    const closing = new AbortController()
    const run: typeof Effect.runPromiseExit = (effect, options) => {
      const signal = options?.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal])
      return Effect.runPromiseExit(effect, { ...options, signal })
    }
    const iterator = new MessageIterator({ open, run, present: textOf })
    yield* queues.publish("q", bytesOf("x"), { framedbId })
    expect(yield* Effect.promise(() => iterator.next())).toMatchObject({ value: "x" })
    const next = iterator.next()
    closing.abort()
    yield* Effect.promise(() => expect(next).rejects.toThrow())
    expect((yield* queues.queueInfo("q", framedbId)).consumers).toBe(0)
  }),
)

it.live("leaves no connection behind, however the listening ends", () =>
  Effect.gen(function* () {
    const server = yield* RedisServer.make()
    const queues = yield* queuesAt(server.url)
    const publish = queues.publish("q", bytesOf("x"), { framedbId })
    const connections = ask(
      server.url,
      async (client) =>
        String(await client.client("LIST"))
          .trim()
          .split("\n").length,
    )
    const before = yield* connections
    const begin = Effect.fnUntraced(function* (signal?: AbortSignal) {
      yield* publish
      const open = queues.openListener("q", framedbId, { maxDeliveries: 100 })
      return new MessageIterator({ open, run: Effect.runPromiseExit, present: (message) => message, signal })
    })
    const broken = yield* begin()
    yield* Effect.promise(async () => {
      for await (const _ of broken) break
    })
    const stop = new AbortController()
    const aborted = yield* begin(stop.signal)
    yield* Effect.promise(async () => {
      await expect(
        (async () => {
          for await (const _ of aborted) stop.abort(new Error("enough"))
        })(),
      ).rejects.toThrow("enough")
    })
    const interrupted = yield* Effect.forkChild(Stream.runDrain(queues.listenForStreamData("q", framedbId)))
    yield* Effect.sleep(100)
    expect(yield* connections).toBe(before + 1)
    const began = performance.now()
    yield* Fiber.interrupt(interrupted)
    expect(performance.now() - began).toBeLessThan(500)
    yield* Stream.runDrain(queues.pullAllStreamData("q", framedbId))
    expect(yield* connections).toBe(before)
    expect((yield* queues.queueInfo("q", framedbId)).consumers).toBe(0)
  }),
)
