import { assert, describe, it } from "@effect/vitest"
import {
  BackendError,
  FrameDBClient,
  InstanceNotFound,
  IntegrityError,
  InvalidArgument,
  ObjectNotFound,
  ObjectTooLarge,
  SerializationError,
  Timeout,
} from "framedb"
import { rejected } from "../src/callerTrace.ts"

const failureOf = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error("it did not fail")
}

describe("the stack of an error that a Promise rejects with", () => {
  it("names the line that awaits the call", async () => {
    await using db = FrameDBClient.memory()
    const loadsCamera = async () => await db.getObject("camera")
    for (const _ of ["connecting", "connected"]) {
      const { stack } = await failureOf(loadsCamera())
      assert.match(stack ?? "", /^ObjectNotFound: no object has the key "camera"\n/)
      assert.match(stack ?? "", /at (async )?loadsCamera .*callerTrace\.test\.ts/)
      assert.notInclude(stack ?? "", "FiberImpl")
    }
  })

  it("names each caller's own line where several wait for one read", async () => {
    await using db = FrameDBClient.memory()
    const first = async () => await db.statObject("k")
    const second = async () => await db.statObject("k")
    const [one, other] = await Promise.all([failureOf(first()), failureOf(second())])
    assert.include(one.stack, " first ")
    assert.include(other.stack, " second ")
    assert.notInclude(other.stack, " first ")
  })

  it("names the loop that asks for more", async () => {
    await using db = FrameDBClient.memory()
    const loops = async () => {
      for await (const _ of db.listObjects({ prefix: "\u{d800}" })) break
      for await (const _ of await db.readObject("absent")) break
    }
    assert.include((await failureOf(loops())).stack, " loops ")
  })

  it("names the loop that listens, the one that drains and the one that follows", async () => {
    await using db = FrameDBClient.memory()
    const calls = [
      () => db.listenForStreamData("q", "m", { batchSize: 0 }),
      () => db.pullAllStreamData("q", "m", { batchSize: 0 }),
      () => db.tail("q", "m", { batchSize: 0 }),
    ]
    for (const call of calls) {
      const loops = async () => {
        for await (const _ of call()) break
      }
      const { stack } = await failureOf(loops())
      assert.match(stack ?? "", /^InvalidArgument: /)
      assert.include(stack, " loops ")
    }
  })

  it("leaves class and fields as they are", async () => {
    await using db = FrameDBClient.memory()
    const error = await failureOf(db.getObject("k"))
    assert.instanceOf(error, ObjectNotFound)
    assert.deepInclude(error, { key: "k", _tag: "ObjectNotFound" })
    assert.strictEqual(error.message, new ObjectNotFound({ key: "k" }).message)
  })

  it.each([
    new InvalidArgument({ argument: "a", message: "m" }),
    new ObjectNotFound({ key: "k" }),
    new InstanceNotFound({ framedbId: "i", kind: "sql" }),
    new ObjectTooLarge({ key: "k", sizeBytes: 2, limitBytes: 1 }),
    new SerializationError({ serializer: "json", operation: "serialize", message: "m" }),
    new IntegrityError({ key: "k", message: "m" }),
    new BackendError({
      backend: "redis",
      operation: "getMany",
      instance: "i",
      reason: new Timeout({ message: "late", code: "C" }),
      maybeApplied: true,
    }),
  ])("is all that differs in a caller's own $_tag", async (error) => {
    const waits = async () => await rejected(error)
    const own = await failureOf(waits())
    assert.notStrictEqual(own, error)
    assert.include(own.stack, " waits ")
    assert.strictEqual(own.constructor, error.constructor)
    assert.strictEqual(own.message, error.message)
    assert.deepStrictEqual(Object.entries(own), Object.entries(error))
  })

  it("stays as it is where the error is not ours", async () => {
    await using db = FrameDBClient.memory()
    const reason = new Error("enough")
    const { stack } = reason
    const signal = AbortSignal.abort(reason)
    assert.strictEqual(await failureOf(db.getObject("k", { signal })), reason)
    assert.strictEqual(reason.stack, stack)
  })
})
