import { expect, type Vitest } from "@effect/vitest"
import type { StreamEncoding } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { QueueStoreUnderTest } from "./QueueStoreUnderTest.ts"
import { bytes, idsOf, join, publishTexts, receive, receiveNow, texts, uniqueQueue } from "./queueTools.ts"

type Tests = Vitest.MethodsNonLive<QueueStoreUnderTest>

const some = ["a", "b", "c", "d", "e"]

/** Messages come out as they went in, once, in order. */
export const deliveryTests = (it: Tests, encoding: StreamEncoding): void => {
  const on = `on a ${encoding}`

  it.effect(`gives messages out in order, once, and forgets them when acknowledged, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, some, { encoding })
      const consumer = yield* join(queue)
      const messages = yield* receive(consumer, 5)
      expect(texts(messages)).toEqual(some)
      expect(messages.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1])
      expect(yield* receiveNow(consumer)).toEqual([])
      expect(yield* store.info(queue, "framedb")).toMatchObject({
        encoding,
        length: 5,
        pending: 5,
        lag: 0,
        consumers: 1,
      })
      expect(yield* consumer.acknowledge(idsOf(messages))).toBe(5)
      expect(yield* consumer.acknowledge(idsOf(messages))).toBe(0)
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 0, pending: 0, lag: 0 })
    }),
  )

  it.effect(`keeps every byte, also none, in buffers of their own, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue("bytes {x} ü")
      const store = yield* QueueStoreUnderTest
      const contents = [
        new Uint8Array(0),
        Uint8Array.from({ length: 256 }, (_, index) => index),
        new Uint8Array(100_000),
      ]
      const messages = contents.map((data) => ({ data, headers: {} }))
      const bounds = { isFollowing: false, maxLength: undefined, maxAgeMillis: undefined }
      yield* store.publish({ queue, messages, encoding, publisher: "bytes", sequence: 1, ...bounds })
      const received = yield* receive(yield* join(queue), 3)
      expect(received.map(({ data }) => data)).toEqual(contents)
      for (const { data } of received) expect(data.buffer.byteLength).toBe(data.byteLength)
    }),
  )

  it.effect(`serves a queue of any name, with its dead letters, ${on}`, () =>
    Effect.gen(function* () {
      const store = yield* QueueStoreUnderTest
      for (const label of ["a}b", "{}a", "{}{a}", "a{", "}{", "{a}b}"]) {
        const queue = uniqueQueue(label)
        yield* publishTexts(queue, ["x"], { encoding })
        const consumer = yield* join(queue, { maxDeliveries: 1, mayWait: false })
        const ids = idsOf(yield* receiveNow(consumer))
        expect(yield* consumer.release(ids.map((id) => ({ id, delayMillis: 0, reason: "no" })))).toEqual([true])
        expect(yield* store.redrive(queue, 1)).toBe(1)
        const again = yield* receiveNow(consumer)
        expect(texts(again)).toEqual(["x"])
        expect(yield* consumer.acknowledge(idsOf(again))).toBe(1)
      }
    }),
  )

  it.effect(`adds a batch that is sent twice once, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const first = yield* publishTexts(queue, some, { encoding, publisher: "p", sequence: 7 })
      expect(yield* publishTexts(queue, some, { encoding, publisher: "p", sequence: 7 })).toEqual(first)
      yield* publishTexts(queue, ["f"], { encoding, publisher: "p", sequence: 8 })
      expect((yield* store.info(queue, "framedb")).length).toBe(6)
    }),
  )

  it.effect(`knows again as many batches of a publisher as may be under way, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const publish = (sequence: number, isFollowing: boolean) =>
        publishTexts(queue, [`${sequence}a`, `${sequence}b`], { encoding, publisher: "p", sequence, isFollowing })
      const answers = [yield* publish(0, false), yield* publish(1, true), yield* publish(2, true)]
      expect([yield* publish(2, true), yield* publish(1, false)]).toEqual([answers[2], answers[1]])
      const outOfOrder = { reason: { _tag: "Rejected", code: "OUTOFORDER" }, maybeApplied: false }
      // Sent so long ago that it has been answered or given up: an answer would be a guess.
      expect(yield* Effect.flip(publish(0, false))).toMatchObject(outOfOrder)
      // The one before has not arrived.
      expect(yield* Effect.flip(publish(4, true))).toMatchObject(outOfOrder)
      yield* publish(4, false)
      const received = texts(yield* receive(yield* join(queue), 8))
      expect(received).toEqual(["0a", "0b", "1a", "1b", "2a", "2b", "4a", "4b"])
      expect((yield* store.info(queue, "framedb")).length).toBe(8)
    }),
  )

  it.effect(`lets the first message say what a queue is that is listened to already, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const consumer = yield* join(queue, { group: "early" })
      expect(yield* receiveNow(consumer)).toEqual([])
      expect((yield* store.info(queue, "early")).encoding).toBeUndefined()
      yield* publishTexts(queue, ["first"], { encoding })
      const received = yield* receive(consumer, 1, 10_000)
      expect(texts(received)).toEqual(["first"])
      expect(yield* store.info(queue, "early")).toMatchObject({ encoding, length: 1, pending: 1, consumers: 1 })
      expect(yield* consumer.acknowledge(idsOf(received))).toBe(1)
    }),
  )

  it.effect(`wakes a consumer that waits, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      yield* publishTexts(queue, ["first"], { encoding })
      const consumer = yield* join(queue)
      yield* consumer.acknowledge(idsOf(yield* receive(consumer, 1)))
      const waiting = yield* Effect.forkChild(receive(consumer, 1, 5_000))
      yield* Effect.sleep(30)
      yield* publishTexts(queue, ["second"], { encoding })
      expect(texts(yield* Fiber.join(waiting))).toEqual(["second"])
    }),
  )

  it.effect(`shares the messages of a queue among the consumers of a group, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      yield* publishTexts(queue, some, { encoding })
      const [left, right] = [yield* join(queue), yield* join(queue)]
      const first = yield* left.receive({ maxMessages: 2, waitMillis: 0 })
      const second = yield* right.receive({ maxMessages: 100, waitMillis: 0 })
      expect(texts([...first, ...second])).toEqual(some)
      expect(first).toHaveLength(2)
    }),
  )

  it.effect(`looks at a queue without touching it, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const nothing = { length: 0, pending: 0, lag: 0, consumers: 0, deadLetters: 0, oldestAgeMillis: undefined }
      expect(yield* store.info(queue, "framedb")).toMatchObject({ ...nothing, encoding: undefined })
      yield* publishTexts(queue, some, { encoding })
      expect(yield* store.info(queue, "framedb")).toMatchObject({ encoding, length: 5, lag: 5, consumers: 0 })
      expect((yield* receiveNow(yield* join(queue))).length).toBe(5)
    }),
  )
}

/** What only streams do. */
export const streamTests = (it: Tests): void => {
  it.effect("acknowledges in any order, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const many = Array.from({ length: 200 }, (_, index) => String(index))
      yield* publishTexts(queue, many)
      const consumer = yield* join(queue)
      const ids = idsOf(yield* receive(consumer, 200))
      const [odd, even] = [ids.filter((_, index) => index % 2 === 1), ids.filter((_, index) => index % 2 === 0)]
      yield* consumer.acknowledge(odd.toReversed())
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 100, pending: 100 })
      yield* consumer.acknowledge([...even.slice(50), ...even.slice(0, 50)])
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 0, pending: 0 })
    }),
  )

  it.effect("keeps headers, ids and times", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const headers = { type: "order", "content-type": "text/plain", __proto: "ü😀", "": "" }
      const { "": _, ...valid } = headers
      const [id] = yield* publishTexts(queue, ["x"], { headers: valid })
      const [message] = yield* receive(yield* join(queue), 1)
      expect(message).toMatchObject({ id, headers: valid, data: bytes("x") })
      expect(Math.abs((message?.publishedAtMillis ?? 0) - Date.now())).toBeLessThan(60_000)
    }),
  )

  it.effect("gives every group all messages, and forgets one when all have acknowledged it", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const [left, right] = [yield* join(queue, { group: "left" }), yield* join(queue, { group: "right" })]
      yield* publishTexts(queue, some)
      const forLeft = yield* receive(left, 5)
      expect(texts(forLeft)).toEqual(some)
      yield* left.acknowledge(idsOf(forLeft))
      expect((yield* store.info(queue, "left")).length).toBe(5)
      const forRight = yield* receive(right, 5)
      expect(texts(forRight)).toEqual(some)
      yield* right.acknowledge(idsOf(forRight).slice(1))
      expect((yield* store.info(queue, "right")).length).toBeGreaterThanOrEqual(1)
      yield* right.acknowledge(idsOf(forRight).slice(0, 1))
      expect((yield* store.info(queue, "right")).length).toBe(0)
    }),
  )

  it.effect("never removes older messages that no group has taken", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, some)
      const late = yield* join(queue, { group: "late", from: "now" })
      yield* publishTexts(queue, ["new"])
      const [message] = yield* receive(late, 1)
      expect(message === undefined ? [] : texts([message])).toEqual(["new"])
      yield* late.acknowledge([message?.id ?? ""])
      expect((yield* store.info(queue, "late")).length).toBe(5)
      const all = yield* receive(yield* join(queue, { group: "all" }), 5)
      expect(texts(all)).toEqual(some)
    }),
  )

  it.effect("begins a group after an id", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const ids = yield* publishTexts(queue, some)
      const consumer = yield* join(queue, { from: { after: ids[2] ?? "" } })
      expect(texts(yield* receive(consumer, 2))).toEqual(["d", "e"])
    }),
  )

  it.effect("keeps what is acknowledged where that is asked for", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, some)
      const consumer = yield* join(queue, { keepAcknowledged: true })
      yield* consumer.acknowledge(idsOf(yield* receive(consumer, 5)))
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 5, pending: 0, lag: 0 })
      // A bound removes them now, as far as they are acknowledged.
      yield* publishTexts(queue, ["f", "g"], { maxLength: 3 })
      expect((yield* store.info(queue, "framedb")).length).toBe(3)
      yield* publishTexts(queue, ["h", "i", "j"], { maxLength: 2 })
      expect((yield* store.info(queue, "framedb")).length).toBe(5)
    }),
  )

  it.effect("keeps to a bound of length or age where there is no group", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, some, { maxLength: 3 })
      expect((yield* store.info(queue, "framedb")).length).toBe(3)
      yield* Effect.sleep(60)
      yield* publishTexts(queue, ["young"], { maxAgeMillis: 30 })
      expect(texts(yield* receive(yield* join(queue), 1))).toEqual(["young"])
    }),
  )

  it.effect("follows a queue without taking anything", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      const ids = yield* publishTexts(queue, some)
      const [all, now] = [yield* store.tail(queue, "beginning"), yield* store.tail(queue, "now")]
      const after = yield* store.tail(queue, { after: ids[3] ?? "" })
      expect(texts(yield* receive(all, 5))).toEqual(some)
      expect(texts(yield* receive(after, 1))).toEqual(["e"])
      expect(yield* now.receive({ maxMessages: 10, waitMillis: 0 })).toEqual([])
      yield* publishTexts(queue, ["f"])
      for (const tail of [all, now, after]) expect(texts(yield* receive(tail, 1))).toEqual(["f"])
      expect((yield* store.info(queue, "framedb")).length).toBe(6)
    }),
  )

  it.effect("refuses to follow a list, and to put headers into one", () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, ["x"], { encoding: "list" })
      const tail = yield* Effect.flip(store.tail(queue, "now"))
      const publish = yield* Effect.flip(publishTexts(queue, ["x"], { headers: { a: "b" } }))
      for (const error of [tail, publish])
        expect(error).toMatchObject({ reason: { _tag: "Rejected" }, maybeApplied: false })
      expect(publish.reason.code).toBe("NOHEADERS")
      expect((yield* store.info(queue, "framedb")).length).toBe(1)
    }),
  )
}
