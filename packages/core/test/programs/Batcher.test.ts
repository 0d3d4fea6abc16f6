import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { Batcher, type BatcherOptions } from "../../src/programs/instances/Batcher.ts"

type Options = Partial<BatcherOptions<number, string, string>>

/** A batcher that answers every number with its text, and what it was asked. */
const make = (options: Options = {}) =>
  Effect.gen(function* () {
    const batches: Array<ReadonlyArray<number>> = []
    const run = options.run ?? ((items: ReadonlyArray<number>) => Effect.succeed(items.map(String)))
    const batcher = new Batcher<number, string, string>({
      fork: Effect.runForkWith(yield* Effect.context<never>()),
      maxItems: 64,
      maxBytes: 1_000_000,
      maxInFlight: 4,
      maxWaitMillis: 1_000,
      overloaded: (message) => `overloaded: ${message}`,
      splitOn: () => false,
      ...options,
      run: (items) => {
        batches.push(items)
        return run(items)
      },
    })
    const ask = (items: ReadonlyArray<number>, bytes = 1) =>
      Effect.forEach(items, (item) => batcher.request(item, bytes), { concurrency: "unbounded" })
    return { batcher, batches, ask }
  })

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

describe("Batcher", () => {
  it.effect("puts what one tick asks for into one batch and answers each its own", () =>
    Effect.gen(function* () {
      const { ask, batches } = yield* make()
      assert.deepStrictEqual(yield* ask([3, 1, 2]), ["3", "1", "2"])
      assert.deepStrictEqual(batches, [[3, 1, 2]])
    }),
  )

  it.effect("sends a lone request without waiting for time to pass", () =>
    Effect.gen(function* () {
      const { ask } = yield* make()
      // The clock stands still in this test.
      assert.deepStrictEqual(yield* ask([7]), ["7"])
    }),
  )

  it.effect("sends a request that comes alone at once where the one before was alone, and lets the others share", () =>
    Effect.gen(function* () {
      const run = (items: ReadonlyArray<number>) => Effect.as(Effect.yieldNow, items.map(String))
      const { batcher, batches, ask } = yield* make({ sendsLoneAtOnce: true, run })
      yield* ask([1])
      const second = yield* Effect.forkChild(batcher.request(2, 1), { startImmediately: true })
      assert.deepStrictEqual(batches, [[1], [2]])
      yield* Fiber.join(second)
      // The first of three is taken for another lone one; the next three are not.
      yield* ask([3, 4, 5])
      yield* ask([6, 7, 8])
      assert.deepStrictEqual(batches, [[1], [2], [3], [4, 5], [6, 7, 8]])
      // A lone one after them waits for the end of its turn once.
      batcher.submit(9, 1, () => {})
      assert.strictEqual(batches.length, 5)
    }),
  )

  it.effect("needs no fiber where a batch answers a callback, and splits what failed there, too", () =>
    Effect.gen(function* () {
      const started: Array<ReadonlyArray<number>> = []
      const { ask, batches } = yield* make({
        start: (items, resume) => {
          started.push(items)
          resume(items.length > 1 ? Exit.fail("spoiled") : Exit.succeed(items.map(String)))
        },
        splitOn: () => true,
      })
      assert.deepStrictEqual(yield* ask([3, 1]), ["3", "1"])
      assert.deepStrictEqual(started, [[3, 1], [3], [1]])
      assert.deepStrictEqual(batches, [])
    }),
  )

  it.effect("cuts what waits into no smaller parts than are worth a batch", () =>
    Effect.gen(function* () {
      const { ask, batches } = yield* make({ minPartItems: 8 })
      yield* ask(upTo(20))
      assert.deepStrictEqual(
        batches.map((batch) => batch.length),
        [10, 10],
      )
    }),
  )

  it.effect("bounds a batch in items", () =>
    Effect.gen(function* () {
      const { ask, batches } = yield* make({ maxItems: 10 })
      yield* ask(upTo(25))
      assert.deepStrictEqual(
        batches.map((batch) => batch.length),
        [10, 10, 5],
      )
    }),
  )

  it.effect("parts what would fill a large batch, so that two are under way, and leaves a small one whole", () =>
    Effect.gen(function* () {
      const { batcher, batches } = yield* make()
      for (const count of [64, 63]) {
        for (const item of upTo(count)) batcher.submit(item, 1, () => {})
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      assert.deepStrictEqual(
        batches.map((batch) => batch.length),
        [32, 32, 63],
      )
    }),
  )

  it.effect("bounds a batch in bytes, and sends a single larger item alone", () =>
    Effect.gen(function* () {
      const { batcher, batches } = yield* make({ maxBytes: 10 })
      yield* Effect.forEach([4, 6, 1, 50, 2], (bytes) => batcher.request(bytes, bytes), { concurrency: "unbounded" })
      assert.deepStrictEqual(batches, [[4, 6], [1], [50], [2]])
    }),
  )

  it.effect("keeps at most the allowed batches under way, and lets the next ones grow meanwhile", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const run = (items: ReadonlyArray<number>) => Effect.as(Deferred.await(gate), items.map(String))
      const { ask, batches } = yield* make({ maxItems: 5, maxInFlight: 2, run })
      const first = yield* Effect.forkChild(ask(upTo(10)))
      yield* Effect.yieldNow
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      const second = yield* Effect.forkChild(ask(upTo(4)))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.strictEqual(batches.length, 2)
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual((yield* Fiber.join(first)).length, 10)
      assert.strictEqual((yield* Fiber.join(second)).length, 4)
    }),
  )

  it.effect("fails every request of a batch with the batch's failure", () =>
    Effect.gen(function* () {
      const { batcher } = yield* make({ run: () => Effect.fail("gone") })
      const exits = yield* Effect.forEach([1, 2], (item) => Effect.exit(batcher.request(item, 1)), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(exits, [Exit.fail("gone"), Exit.fail("gone")])
    }),
  )

  it.effect("tries the items of a spoiled batch one by one, so that only the culprit fails", () =>
    Effect.gen(function* () {
      const run = (items: ReadonlyArray<number>) =>
        items.includes(13) ? Effect.fail("bad item") : Effect.succeed(items.map(String))
      const { batcher } = yield* make({ run, splitOn: (error) => error === "bad item" })
      const exits = yield* Effect.forEach([12, 13, 14], (item) => Effect.exit(batcher.request(item, 1)), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(exits, [Exit.succeed("12"), Exit.fail("bad item"), Exit.succeed("14")])
    }),
  )

  it.effect("does not send what was interrupted before its turn", () =>
    Effect.gen(function* () {
      const { batcher, batches } = yield* make()
      const takeBack = batcher.submit(1, 1, () => assert.fail("answered"))
      assert.isTrue(takeBack())
      assert.strictEqual(yield* batcher.request(2, 1), "2")
      assert.deepStrictEqual(batches, [[2]])
    }),
  )

  it.effect("says that it is too late to take back what was sent, and still answers it", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { batcher } = yield* make({ run: (items) => Effect.as(Deferred.await(gate), items.map(String)) })
      const answered = yield* Deferred.make<string, string>()
      const takeBack = batcher.submit(1, 1, (exit) => Deferred.doneUnsafe(answered, exit))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isFalse(takeBack())
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Deferred.await(answered), "1")
    }),
  )

  it.effect("ends a request whose turn does not come in time, and is idle and timerless at the end", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const run = (items: ReadonlyArray<number>) => Effect.as(Deferred.await(gate), items.map(String))
      const { batcher } = yield* make({ maxItems: 1, maxInFlight: 1, maxWaitMillis: 500, run })
      const sent = yield* Effect.forkChild(batcher.request(1, 1))
      const waiting = yield* Effect.forkChild(Effect.exit(batcher.request(2, 1)))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust(600)
      const exit = yield* Fiber.join(waiting)
      assert.isTrue(Exit.isFailure(exit))
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(sent), "1")
      assert.isTrue(batcher.isIdle)
    }),
  )

  it.effect("ends also a request that came while every batch was under way", () =>
    Effect.gen(function* () {
      const { batcher } = yield* make({ maxInFlight: 1, maxWaitMillis: 500, run: () => Effect.never })
      const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* Effect.forkChild(batcher.request(1, 1))
      yield* turn
      const late = yield* Effect.forkChild(Effect.exit(batcher.request(2, 1)))
      yield* turn
      yield* TestClock.adjust(600)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(late)))
    }),
  )
})
