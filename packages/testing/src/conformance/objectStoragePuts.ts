import { expect, type Vitest } from "@effect/vitest"
import { BackendError, InvalidArgument, ObjectStorage, readBytes } from "@framedb/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { awkwardContents, patterned } from "./contents.ts"
import type { ObjectStorageCapability } from "./objectStorageSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStorage>

const bytesOf = Effect.fnUntraced(function* (name: string) {
  const storage = yield* ObjectStorage
  return Option.map(yield* readBytes(storage, name), (read) => read.bytes)
})

const piecesOf = (bytes: Uint8Array, pieceBytes: number): Stream.Stream<Uint8Array> => {
  const pieces = Array.from({ length: Math.ceil(bytes.byteLength / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  )
  return Stream.fromIterable(pieces)
}

/** What is put is there, whole; what failed or was stopped is not. */
export const storagePutTests = (it: Tests, capability: ObjectStorageCapability, largeBytes: number): void => {
  wholeBodies(it, largeBytes)
  brokenBodies(it, largeBytes)
  createOnly(it, capability, largeBytes)
  attributes(it, capability)
}

const wholeBodies = (it: Tests, largeBytes: number): void => {
  for (const [what, bytes] of Object.entries(awkwardContents())) {
    it.effect(`keeps ${what} as they are, whole and streamed`, () =>
      Effect.gen(function* () {
        const storage = yield* ObjectStorage
        const name = uniqueKey("content")
        expect(yield* storage.put(name, bytes)).toBe("written")
        expect(yield* bytesOf(name)).toEqual(Option.some(bytes))
        expect(yield* storage.put(`${name}-streamed`, piecesOf(bytes, 3))).toBe("written")
        expect(yield* bytesOf(`${name}-streamed`)).toEqual(Option.some(bytes))
      }),
    )
  }

  it.effect("keeps a large body, whole, streamed, and streamed with its length said", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("large")
      const bytes = patterned(largeBytes)
      yield* storage.put(name, bytes)
      expect(Buffer.compare(Option.getOrThrow(yield* bytesOf(name)), bytes)).toBe(0)
      yield* storage.put(name, piecesOf(bytes, 100_003))
      expect(Buffer.compare(Option.getOrThrow(yield* bytesOf(name)), bytes)).toBe(0)
      yield* storage.put(name, piecesOf(bytes, 70_001), { sizeBytes: largeBytes })
      expect(Buffer.compare(Option.getOrThrow(yield* bytesOf(name)), bytes)).toBe(0)
    }),
  )

  it.effect("replaces an object by a shorter one, a longer one and an empty one", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("replace")
      for (const length of [100, 3, 5000, 0, 1]) {
        yield* storage.put(name, patterned(length, length + 1))
        expect(yield* bytesOf(name)).toEqual(Option.some(patterned(length, length + 1)))
      }
    }),
  )

  it.effect("does not change what it was given, and what it keeps does not change with it", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("given")
      const data = patterned(300)
      yield* storage.put(name, data)
      expect(data).toEqual(patterned(300))
      data.fill(7)
      expect(yield* bytesOf(name)).toEqual(Option.some(patterned(300)))
    }),
  )
}

const brokenBodies = (it: Tests, largeBytes: number): void => {
  for (const [where, before] of [
    ["at once", 0],
    ["after a little", 10],
    ["after a lot", largeBytes],
  ] as const) {
    it.effect(`leaves what was there when the body fails ${where}`, () =>
      Effect.gen(function* () {
        const storage = yield* ObjectStorage
        const name = uniqueKey("broken")
        const body = Stream.concat(piecesOf(patterned(before), 65_536), Stream.fail("broken" as const))
        expect(yield* Effect.flip(storage.put(name, body))).toBe("broken")
        expect(yield* bytesOf(name)).toEqual(Option.none())
        yield* storage.put(name, patterned(5))
        expect(yield* Effect.flip(storage.put(name, body))).toBe("broken")
        expect(yield* bytesOf(name)).toEqual(Option.some(patterned(5)))
      }),
    )
  }

  it.effect("leaves what was there when the put is interrupted", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("interrupted")
      const reached = yield* Deferred.make<void>()
      const stuck = Stream.fromEffect(Effect.andThen(Deferred.succeed(reached, undefined), Effect.never))
      const body = Stream.concat(piecesOf(patterned(largeBytes), 65_536), stuck)
      const fiber = yield* Effect.forkChild(storage.put(name, body))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
      expect(yield* bytesOf(name)).toEqual(Option.none())
    }),
  )

  it.effect("refuses a body that is shorter or longer than was said, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      for (const [length, sizeBytes] of [
        [10, 11],
        [11, 10],
        [largeBytes, largeBytes + 1],
        [largeBytes, largeBytes - 1],
      ] as const) {
        const name = uniqueKey("length")
        const error = yield* Effect.flip(storage.put(name, piecesOf(patterned(length), 65_536), { sizeBytes }))
        expect(error).toBeInstanceOf(BackendError)
        expect(error._tag === "BackendError" && error.reason._tag).toBe("Rejected")
        expect(yield* bytesOf(name)).toEqual(Option.none())
      }
    }),
  )
}

const createOnly = (it: Tests, capability: ObjectStorageCapability, largeBytes: number): void => {
  if (!capability.createOnly) {
    it.effect("refuses createOnly, which it can't promise", () =>
      Effect.gen(function* () {
        const storage = yield* ObjectStorage
        expect(storage.capabilities.createOnly).toBe(false)
        const error = yield* Effect.flip(storage.put(uniqueKey("create"), patterned(5), { createOnly: true }))
        expect(error).toBeInstanceOf(InvalidArgument)
      }),
    )
    return
  }
  for (const length of [5, largeBytes]) {
    it.effect(`creates only where nothing is, with ${length} bytes`, () =>
      Effect.gen(function* () {
        const storage = yield* ObjectStorage
        const name = uniqueKey("create")
        expect(yield* storage.put(name, piecesOf(patterned(length), 65_536), { createOnly: true })).toBe("written")
        expect(yield* storage.put(name, piecesOf(patterned(length, 2), 65_536), { createOnly: true })).toBe("exists")
        expect(Buffer.compare(Option.getOrThrow(yield* bytesOf(name)), patterned(length))).toBe(0)
      }),
    )
  }

  it.effect("lets one of many concurrent creators win", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("race")
      const put = (seed: number) => storage.put(name, patterned(100, seed), { createOnly: true })
      const seeds = Array.from({ length: 8 }, (_, index) => index + 1)
      const outcomes = yield* Effect.forEach(seeds, put, { concurrency: "unbounded" })
      expect(outcomes.filter((outcome) => outcome === "written")).toHaveLength(1)
      expect(yield* bytesOf(name)).toEqual(Option.some(patterned(100, outcomes.indexOf("written") + 1)))
    }),
  )
}

const attributes = (it: Tests, capability: ObjectStorageCapability): void => {
  it.effect("refuses attributes that it has no room for", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const tooMuch = "x".repeat(storage.capabilities.attributeBytes + 1)
      const name = uniqueKey("attributes")
      const error = yield* Effect.flip(storage.put(name, patterned(5), { attributes: { a: tooMuch } }))
      expect(error).toBeInstanceOf(InvalidArgument)
      expect(yield* bytesOf(name)).toEqual(Option.none())
    }),
  )
  if (!capability.attributes) return
  it.effect("keeps attributes beside the bytes, any Unicode in them, and replaces them with the bytes", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const name = uniqueKey("attributes")
      const kept = { one: "plain", "two-2": 'Ünïcode 😀 "quoted" \\ =?x?=', empty: "" }
      yield* storage.put(name, patterned(5), { attributes: kept })
      expect(Option.getOrThrow(yield* storage.stat(name)).attributes).toEqual(kept)
      expect(Option.getOrThrow(yield* readBytes(storage, name)).info.attributes).toEqual(kept)
      yield* storage.put(name, patterned(5), { attributes: { three: "3" } })
      expect(Option.getOrThrow(yield* storage.stat(name)).attributes).toEqual({ three: "3" })
      yield* storage.put(name, patterned(5))
      expect(Option.getOrThrow(yield* storage.stat(name)).attributes).toEqual({})
    }),
  )
}
