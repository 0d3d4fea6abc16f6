import { expect, type Vitest } from "@effect/vitest"
import { FrameDB, type SetObjectInput } from "@framedb/core"
import * as Effect from "effect/Effect"
import { patterned } from "./contents.ts"
import type { FrameDBSuiteOptions } from "./frameDBSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<FrameDB>

/** Each mistake gives its own error, before anything is written. */
export const errorTests = <E>(it: Tests, { instances, unknownInstance }: FrameDBSuiteOptions<E>): void => {
  const target = { framedbId: instances.memory, type: "in-memory" } as const

  it.effect("refuses arguments that can't be used, naming each", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey()
      const data = patterned(3)
      const circular: Record<string, unknown> = {}
      circular["self"] = circular
      // What TypeScript refuses, plain JavaScript still passes.
      const wrong: ReadonlyArray<readonly [string, object]> = [
        ["key", { key: "", data, ...target }],
        ["key", { key: "x".repeat(1025), data, ...target }],
        ["key", { key: "half \ud83d", data, ...target }],
        ["key", { key: 7, data, ...target }],
        ["data", { key, data: "text", ...target }],
        ["framedbId", { key, data, type: "in-memory", framedbId: "" }],
        ["type", { key, data, framedbId: instances.memory, type: "memory" }],
        ["type", { key, data, framedbId: instances.memory, type: "nonsense" }],
        ["metadata", { key, data, ...target, metadata: { a: new Map() } }],
        ["metadata", { key, data, ...target, metadata: { a: Number.NaN } }],
        ["metadata", { key, data, ...target, metadata: { a: 2 ** 53 } }],
        ["metadata", { key, data, ...target, metadata: { a: undefined } }],
        ["metadata", { key, data, ...target, metadata: [] }],
        ["metadata", { key, data, ...target, metadata: circular }],
        ["metadata", { key, data, ...target, metadata: { framedb: {} } }],
        ["metadata", { key, data, ...target, metadata: { a: "x".repeat(70_000) } }],
      ]
      for (const [argument, input] of wrong) {
        // The cast stands for a caller without types.
        const error = yield* Effect.flip(db.setObject(input as SetObjectInput))
        expect(error).toMatchObject({ _tag: "InvalidArgument", argument })
      }
      expect(yield* Effect.flip(db.getObject(""))).toMatchObject({ _tag: "InvalidArgument", argument: "key" })
      expect(yield* db.objectExists(key)).toBe(false)
    }),
  )

  it.effect("says that an instance is unknown, and that it is unknown in this kind", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey()
      for (const type of ["in-memory", "storage"] as const) {
        const error = yield* Effect.flip(db.setObject({ key, data: patterned(3), framedbId: unknownInstance, type }))
        expect(error).toMatchObject({ _tag: "InstanceNotFound", framedbId: unknownInstance })
      }
      expect(yield* db.objectExists(key)).toBe(false)
    }),
  )

  it.effect("refuses a key of 256 characters in storage, and takes it in memory", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey().padEnd(256, "k")
      const inStorage = { key, data: patterned(3), framedbId: instances.storage, type: "storage" } as const
      expect(yield* Effect.flip(db.setObject(inStorage))).toMatchObject({ _tag: "InvalidArgument", argument: "key" })
      yield* db.setObject({ key, data: patterned(3), ...target })
      expect((yield* db.getObject(key)).data).toEqual(patterned(3))
    }),
  )

  it.effect("refuses a key in memory under which Redis keeps chunks of another object, and takes it in storage", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = `framedb:{x}:manifest:${uniqueKey()}`
      const refused = yield* Effect.flip(db.setObject({ key, data: patterned(3), ...target }))
      expect(refused).toMatchObject({ _tag: "InvalidArgument", argument: "key" })
      const queued = yield* Effect.flip(db.publish(key, patterned(3), { framedbId: target.framedbId }))
      expect(queued).toMatchObject({ _tag: "InvalidArgument", argument: "queue" })
      yield* db.setObject({ key, data: patterned(3), framedbId: instances.storage, type: "storage" })
      expect((yield* db.getObject(key)).data).toEqual(patterned(3))
    }),
  )

  it.effect("lets no object take the place of a queue, and no queue that of an object", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const [queue, key] = [uniqueKey("queue"), uniqueKey("object")]
      const rejected = { _tag: "BackendError", reason: { _tag: "Rejected" } }
      yield* db.publish(queue, patterned(3), { framedbId: target.framedbId })
      expect(yield* Effect.flip(db.setObject({ key: queue, data: patterned(4), ...target }))).toMatchObject(rejected)
      expect((yield* db.getObject(queue)).data).toEqual(patterned(3))
      yield* db.setObject({ key, data: patterned(4), ...target })
      expect(yield* Effect.flip(db.publish(key, patterned(3), { framedbId: target.framedbId }))).toMatchObject(rejected)
      expect((yield* db.getObject(key)).data).toEqual(patterned(4))
    }),
  )

  it.effect("says that an object is not there", () =>
    Effect.gen(function* () {
      const db = yield* FrameDB
      const key = uniqueKey("absent")
      expect(yield* Effect.flip(db.getObject(key))).toMatchObject({ _tag: "ObjectNotFound", key })
      expect(yield* Effect.flip(db.statObject(key))).toMatchObject({ _tag: "ObjectNotFound", key })
      expect(yield* Effect.flip(db.getValue(key))).toMatchObject({ _tag: "ObjectNotFound", key })
      expect(yield* db.objectExists(key)).toBe(false)
      expect(yield* db.deleteObject(key)).toBe(false)
    }),
  )
}
