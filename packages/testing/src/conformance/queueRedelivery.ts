import { expect, type Vitest } from "@effect/vitest"
import { deadLetterQueueOf, type QueueRelease, type StreamEncoding } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { QueueStoreUnderTest } from "./QueueStoreUnderTest.ts"
import { idsOf, join, publishTexts, receive, receiveBatch, receiveNow, texts, uniqueQueue } from "./queueTools.ts"

type Tests = Vitest.MethodsNonLive<QueueStoreUnderTest>

const some = ["a", "b", "c", "d", "e"]

/** Short enough for a test, and long against what a loaded machine takes. */
const visibilityTimeoutMillis = 400

const giveBack = (id: string, extras: Partial<QueueRelease> = {}): QueueRelease => ({
  id,
  delayMillis: 0,
  reason: undefined,
  ...extras,
})

/** What is not acknowledged comes back, and what comes back too often becomes a dead letter. */
export const redeliveryTests = (it: Tests, encoding: StreamEncoding): void => {
  const on = `on a ${encoding}`

  it.effect(`gives out again, in order, what a consumer held that does not answer any more, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      yield* publishTexts(queue, some, { encoding })
      const dead = yield* join(queue, { visibilityTimeoutMillis })
      const heir = yield* join(queue, { visibilityTimeoutMillis })
      expect(yield* receive(dead, 5)).toHaveLength(5)
      expect(yield* receiveNow(heir)).toEqual([])
      const again = yield* receive(heir, 5, 5_000)
      expect(texts(again)).toEqual(some)
      expect(again.map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2, 2])
      expect(yield* dead.extend(idsOf(again), 1_000)).toEqual([false, false, false, false, false])
      expect(yield* heir.acknowledge(idsOf(again))).toBe(5)
    }),
  )

  it.effect(`keeps from others what is extended, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      yield* publishTexts(queue, ["kept", "left"], { encoding })
      const holder = yield* join(queue, { visibilityTimeoutMillis })
      const other = yield* join(queue, { visibilityTimeoutMillis })
      const [kept] = yield* receive(holder, 2)
      expect(yield* holder.extend([kept?.id ?? ""], 60_000)).toEqual([true])
      const free = yield* receive(other, 1, 5_000)
      expect(texts(free)).toEqual(["left"])
      yield* other.acknowledge(idsOf(free))
      expect(yield* receive(other, 1, 2 * visibilityTimeoutMillis)).toEqual([])
      expect(yield* holder.acknowledge([kept?.id ?? ""])).toBe(1)
    }),
  )

  it.effect(`gives back at once, uncounted, what a consumer that leaves has not settled, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, some, { encoding })
      const scope = yield* Scope.make()
      const leaving = yield* Scope.provide(join(queue), scope)
      const messages = yield* receive(leaving, 5)
      yield* leaving.acknowledge(idsOf(messages).slice(0, 2))
      yield* Scope.close(scope, Exit.void)
      expect((yield* store.info(queue, "framedb")).consumers).toBe(0)
      const next = yield* join(queue)
      const rest = yield* receive(next, 3)
      expect(texts(rest)).toEqual(["c", "d", "e"])
      expect(rest.map(({ attempts }) => attempts)).toEqual([1, 1, 1])
    }),
  )

  it.effect(`gives a message back after a delay, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      yield* publishTexts(queue, ["a", "b"], { encoding })
      const consumer = yield* join(queue)
      const [first, second] = yield* receive(consumer, 2)
      const begun = performance.now()
      const released = yield* consumer.release([giveBack(first?.id ?? "", { delayMillis: 300, reason: "later" })])
      expect(released).toEqual([true])
      expect(yield* receiveNow(consumer)).toEqual([])
      const [again] = yield* receive(consumer, 1, 5_000)
      expect(performance.now() - begun).toBeGreaterThanOrEqual(295)
      expect(again).toMatchObject({ id: first?.id, attempts: 2 })
      expect(
        yield* consumer.release([giveBack(again?.id ?? ""), giveBack("0000000000000009"), giveBack(second?.id ?? "")]),
      ).toEqual([true, false, true])
      const [third] = yield* receive(consumer, 1)
      expect(third).toMatchObject({ attempts: 2 })
    }),
  )

  it.effect(`makes a dead letter of what is given back too often, and puts it back, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, ["bad", "good"], { encoding })
      const consumer = yield* join(queue, { maxDeliveries: 2 })
      const [bad, good] = yield* receive(consumer, 2)
      const reason = "can't read it"
      yield* consumer.release([giveBack(bad?.id ?? "", { reason })])
      yield* receive(consumer, 1)
      yield* consumer.release([giveBack(bad?.id ?? "", { reason })])
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 1, pending: 1, deadLetters: 1 })
      const letters = yield* join(deadLetterQueueOf(queue))
      const [letter] = yield* receive(letters, 1)
      expect(letter === undefined ? [] : texts([letter])).toEqual(["bad"])
      expect(letter?.headers).toMatchObject({
        "framedb:id": bad?.id,
        "framedb:attempts": "2",
        "framedb:reason": reason,
      })
      expect(yield* store.redrive(queue, 10)).toBe(1)
      expect(yield* store.redrive(queue, 10)).toBe(0)
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 2, deadLetters: 0 })
      yield* consumer.acknowledge([good?.id ?? ""])
      const [back] = yield* receive(consumer, 1)
      expect(back).toMatchObject({ attempts: 1, headers: {} })
      expect(back === undefined ? [] : texts([back])).toEqual(["bad"])
    }),
  )

  it.effect(`puts back as many dead letters as it is asked for, the oldest first, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, ["a", "b", "c"], { encoding })
      const consumer = yield* join(queue, { maxDeliveries: 1 })
      for (const { id } of yield* receive(consumer, 3)) yield* consumer.release([giveBack(id, { reason: "bad" })])
      expect(yield* store.redrive(queue, 2)).toBe(2)
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 2, deadLetters: 1 })
      expect(texts(yield* receive(consumer, 2))).toEqual(["a", "b"])
      expect(yield* store.redrive(queue, 2)).toBe(1)
      expect(texts(yield* receive(consumer, 1))).toEqual(["c"])
    }),
  )

  it.effect(`makes a dead letter of what kills its consumers, and of nothing beside it, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      const store = yield* QueueStoreUnderTest
      yield* publishTexts(queue, some, { encoding })
      const handled: Array<string> = []
      // Each consumer handles messages one after another, dies on "c", and loses what it had not acknowledged.
      for (let life = 0; life < 12 && handled.length < 40; life++) {
        const consumer = yield* join(queue, { visibilityTimeoutMillis: 100, maxDeliveries: 3 })
        const batch = yield* receiveBatch(consumer, 2_000)
        for (const message of batch) {
          const [text] = texts([message])
          if (text === "c") break
          handled.push(text ?? "")
          yield* consumer.acknowledge([message.id])
        }
        if ((yield* store.info(queue, "framedb")).length === 0) break
      }
      expect([...new Set(handled)].sort()).toEqual(["a", "b", "d", "e"])
      expect(yield* store.info(queue, "framedb")).toMatchObject({ length: 0, pending: 0, deadLetters: 1 })
      const [letter] = yield* receive(yield* join(deadLetterQueueOf(queue)), 1)
      expect(letter?.headers["framedb:attempts"]).toBe("3")
      expect(letter?.headers["framedb:reason"]).toContain("not settled within 100 ms")
    }),
  )

  it.effect(`lets a consumer with the name of a dead one take over what that one held, ${on}`, () =>
    Effect.gen(function* () {
      const queue = uniqueQueue()
      yield* publishTexts(queue, some, { encoding })
      const consumer = "worker-1"
      expect(yield* receive(yield* join(queue, { consumer }), 5)).toHaveLength(5)
      expect(texts(yield* receive(yield* join(queue, { consumer }), 5))).toEqual(some)
    }),
  )
}
