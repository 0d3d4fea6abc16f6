import { assert, describe, it } from "@effect/vitest"
import { FrameDB, InvalidArgument, toByteStream } from "@framedb/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { fixedPieces } from "../../src/programs/large/fixedPieces.ts"
import { bytesOf, chunkBytes, cluster } from "./cluster.ts"

const place = { framedbId: "r", type: "in-memory" } as const

const write = (source: Parameters<typeof toByteStream>[0]) =>
  Effect.gen(function* () {
    const db = yield* FrameDB
    yield* db.writeObject("k", toByteStream(source), place)
    return (yield* db.getObject("k")).data
  }).pipe(Effect.provide(cluster()))

/** A generator's view of what was done with it. */
const watched = (piece: () => Uint8Array, pieces = Number.POSITIVE_INFINITY) => {
  const seen = { asked: 0, isClosed: false }
  function* source() {
    try {
      for (; seen.asked < pieces; ) {
        seen.asked++
        yield piece()
      }
    } finally {
      seen.isClosed = true
    }
  }
  return { seen, source }
}

describe("a source of bytes that is a generator", () => {
  it.effect("is asked for one piece at a time, and closed when no more is wanted", () =>
    Effect.gen(function* () {
      const { seen, source } = watched(() => bytesOf(chunkBytes))
      yield* Stream.runDrain(Stream.take(toByteStream(source()), 3))
      assert.deepStrictEqual(seen, { asked: 3, isClosed: true })
    }),
  )

  it.effect("may put each piece where the one before was", () =>
    Effect.gen(function* () {
      const memory = new Uint8Array(100)
      let next = 0
      const { source } = watched(() => memory.fill(next++), 50)
      const expected = Array.from({ length: 5000 }, (_, index) => Math.floor(index / 100))
      assert.deepStrictEqual(Array.from(yield* write(source())), expected)
    }),
  )

  it.effect("fails as a source when it throws, with or without a piece before, and when it is none at all", () =>
    Effect.gen(function* () {
      const throwing = function* () {
        yield bytesOf(3)
        throw new Error("the disk is gone")
      }
      const strange: ReadonlyArray<object> = [
        throwing(),
        { [Symbol.iterator]: () => ({ next: () => 5 }) },
        { [Symbol.iterator]: 5 },
        { [Symbol.asyncIterator]: 5 },
        { [Symbol.asyncIterator]: () => ({ next: () => null }) },
        {
          [Symbol.asyncIterator]: () => {
            throw new Error("never")
          },
        },
      ]
      for (const source of strange) {
        // As plain JavaScript may pass it.
        assert.instanceOf(yield* Effect.flip(write(source as Iterable<Uint8Array>)), InvalidArgument)
      }
    }),
  )

  it.effect("is stored though it throws when it is closed", () =>
    Effect.gen(function* () {
      const iterator = [bytesOf(3)][Symbol.iterator]()
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: async () => iterator.next(),
          return: () => Promise.reject(new Error("closed twice")),
        }),
      }
      assert.deepStrictEqual(yield* write(source), bytesOf(3))
    }),
  )

  for (const [name, bytes] of Object.entries({ "empty pieces": 0, "single bytes": 1 })) {
    it.live(`leaves others their turn while it gives ${name} without waiting, and stops at once`, () =>
      Effect.gen(function* () {
        const { seen, source } = watched(() => new Uint8Array(bytes), 3_000_000)
        const fiber = yield* Effect.forkChild(Stream.runDrain(toByteStream(source())))
        // A generator that has not begun has nothing to close.
        while (seen.asked === 0) yield* Effect.sleep("1 millis")
        yield* Fiber.interrupt(fiber)
        assert.isTrue(seen.isClosed)
        assert.isBelow(seen.asked, 3_000_000)
      }),
    )
  }
})

describe("a source of bytes", () => {
  it.effect("may come in as many pieces as it has bytes", () =>
    Effect.gen(function* () {
      const data = bytesOf(200_000)
      const { stream } = fixedPieces(Stream.fromArray(Array.from(data, (byte) => Uint8Array.of(byte))), 70_000)
      assert.deepStrictEqual(new Uint8Array(yield* Stream.mkUint8Array(stream)), data)
    }),
  )

  it.effect("is refused where somebody else reads it", () =>
    Effect.gen(function* () {
      const source = new ReadableStream<Uint8Array>()
      source.getReader()
      assert.instanceOf(yield* Effect.flip(write(source)), InvalidArgument)
    }),
  )

  it.effect("is refused where it lost its bytes, before or while it is written", () =>
    Effect.gen(function* () {
      const resizable = new ArrayBuffer(50, { maxByteLength: 100 })
      const adrift = new Uint8Array(resizable, 20, 10)
      resizable.resize(5)
      assert.instanceOf(yield* Effect.flip(write(adrift)), InvalidArgument)

      const data = bytesOf(20 * chunkBytes)
      const body = Stream.tap(Stream.make(bytesOf(1), data), (piece) =>
        Effect.sync(() => {
          if (piece === data) setImmediate(() => structuredClone(data, { transfer: [data.buffer] }))
        }),
      )
      const exit = yield* Effect.exit(write(body))
      assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof InvalidArgument)
    }),
  )
})
