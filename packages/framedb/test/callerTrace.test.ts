import { assert, describe, it } from "@effect/vitest"
import { FrameDBClient, ObjectNotFound } from "framedb"

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

  it("leaves class and fields as they are", async () => {
    await using db = FrameDBClient.memory()
    const error = await failureOf(db.getObject("k"))
    assert.instanceOf(error, ObjectNotFound)
    assert.deepInclude(error, { key: "k", _tag: "ObjectNotFound" })
    assert.strictEqual(error.message, new ObjectNotFound({ key: "k" }).message)
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
