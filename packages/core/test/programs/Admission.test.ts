import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { Admission, maxWritesUnderWay } from "../../src/programs/objects/Admission.ts"

/** As many writes under way as may be, each until `goOn`, and a list of the others that have begun. */
const crowded = Effect.gen(function* () {
  const admission = new Admission(1_000)
  const goOn = yield* Deferred.make<void>()
  const begin = (write: Effect.Effect<unknown>) =>
    Effect.forkChild(Effect.result(admission.admit(write)), { startImmediately: true })
  for (let count = 0; count < maxWritesUnderWay; count++) yield* begin(Deferred.await(goOn))
  const begun: Array<number> = []
  const note = (name: number) => Effect.sync(() => begun.push(name))
  return { admission, begin, begun, note, goOn }
})

describe("Admission", () => {
  it.effect("lets a write begin when another ends, in the order in which they came", () =>
    Effect.gen(function* () {
      const { begin, begun, note, goOn } = yield* crowded
      const fibers = yield* Effect.forEach([1, 2, 3], (name) => begin(note(name)))
      assert.deepStrictEqual(begun, [])
      yield* Deferred.succeed(goOn, undefined)
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(begun, [1, 2, 3])
    }),
  )

  it.effect("fails who gets no turn in time, before anything has begun, and keeps no turn for them", () =>
    Effect.gen(function* () {
      const { admission, begin, begun, note, goOn } = yield* crowded
      const late = yield* begin(note(1))
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(late), { _tag: "Failure" })
      const gone = yield* begin(note(2))
      yield* Fiber.interrupt(gone)
      yield* Deferred.succeed(goOn, undefined)
      yield* admission.admit(note(3))
      assert.deepStrictEqual(begun, [3])
    }),
  )

  it.effect("gives a turn back however the write ended", () =>
    Effect.gen(function* () {
      const admission = new Admission(1_000)
      const failing = admission.admit(Effect.fail("no"))
      for (let count = 0; count <= maxWritesUnderWay; count++) yield* Effect.flip(failing)
      const never = admission.admit(Effect.never)
      const fibers = yield* Effect.forEach(Array(maxWritesUnderWay).fill(never), (write: typeof never) =>
        Effect.forkChild(write, { startImmediately: true }),
      )
      yield* Fiber.interruptAll(fibers)
      assert.strictEqual(yield* admission.admit(Effect.succeed(1)), 1)
    }),
  )
})
