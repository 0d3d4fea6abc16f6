import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { type ClientMessage, FrameDBClient, ObjectNotFound } from "framedb"

const framedbId = "queues"
const text = (message: { readonly data: Uint8Array }): string => new TextDecoder().decode(message.data)
const bytes = (words: string) => new TextEncoder().encode(words)

const publishAll = async (db: FrameDBClient, queue: string, words: ReadonlyArray<string>) => {
  await Promise.all(words.map((word) => db.publish(queue, bytes(word), { framedbId })))
}

describe("queues in the Promise client", () => {
  it("drains what is there, in order, and ends", async () => {
    await using db = FrameDBClient.memory()
    await publishAll(db, "q", ["a", "b", "c"])
    const taken: Array<string> = []
    for await (const message of db.pullAllStreamData("q", framedbId)) taken.push(text(message))
    assert.deepStrictEqual(taken, ["a", "b", "c"])
    assert.strictEqual((await db.queueInfo("q", framedbId)).length, 0)
  })

  it("listens until the loop is left, and gives back what was in hand", async () => {
    await using db = FrameDBClient.memory()
    await publishAll(db, "q", ["a", "b", "c"])
    const taken: Array<ClientMessage> = []
    for await (const message of db.listenForStreamData("q", framedbId)) {
      taken.push(message)
      if (taken.length === 2) break
    }
    assert.deepStrictEqual(taken.map(text), ["a", "b"])
    const rest: Array<string> = []
    for await (const message of db.pullAllStreamData("q", framedbId)) rest.push(text(message))
    assert.deepStrictEqual(rest, ["b", "c"])
  })

  it("gives messages that a person can print", async () => {
    await using db = FrameDBClient.memory()
    await db.publish("q", new Uint8Array([7]), { framedbId: "r", headers: { from: "gate" } })
    for await (const message of db.pullAllStreamData("q", "r")) {
      assert.match(
        inspect(message),
        /^ClientMessage \{[\s\S]*queue: 'q'[\s\S]*data: Uint8Array\(1\) \[ 7 \][\s\S]*from: 'gate'/,
      )
    }
  })

  it("settles by hand", async () => {
    await using db = FrameDBClient.memory()
    await publishAll(db, "q", ["a", "b"])
    const seen: Array<string> = []
    for await (const message of db.listenForStreamData("q", framedbId, { ack: "manual" })) {
      seen.push(`${text(message)}${message.attempts}`)
      if (text(message) === "a" && message.attempts === 1) assert.isTrue(await message.nack({ reason: "not yet" }))
      else assert.isTrue(await message.ack())
      if (seen.length === 3) break
    }
    assert.sameMembers(seen, ["a1", "b1", "a2"])
    assert.strictEqual((await db.queueInfo("q", framedbId)).length, 0)
  })

  it("takes the oldest message where a key names a queue and no object", async () => {
    await using db = FrameDBClient.memory()
    await db.setObject({ key: "q", data: bytes("first"), framedbId, type: "stream" })
    await db.setObject({ key: "q", data: bytes("second"), framedbId, type: "stream" })
    const object = await db.getObject("q")
    assert.deepStrictEqual([object.source, object.type, object.key as string], ["queue", "stream", "q"])
    assert.strictEqual(text(object), "first")
    assert.strictEqual(text(await db.getObject("q")), "second")
    const error = await db.getObject("q").catch((thrown: unknown) => thrown)
    assert.instanceOf(error, ObjectNotFound)
  })

  it("copies the bytes of a message that is set as an object once, before the call returns", async () => {
    await using db = FrameDBClient.memory()
    const set = (data: Uint8Array) => db.setObject({ key: "q", data, framedbId, type: "stream" })
    await set(bytes("connects"))
    const data = new Uint8Array(8 * 1024 * 1024)
    const before = process.memoryUsage().arrayBuffers
    const setting = set(data)
    const copied = process.memoryUsage().arrayBuffers - before
    data.fill(1)
    await setting
    assert.isBelow(copied, 1.5 * data.byteLength)
    await db.getObject("q")
    assert.strictEqual((await db.getObject("q")).data[0], 0)
  })

  it("reads back a value that was set on a queue, and keeps one that can't be read", async () => {
    await using db = FrameDBClient.memory()
    const place = { framedbId, type: "stream" } as const
    await db.setValue("q", { n: 1 }, place)
    assert.deepStrictEqual((await db.getValue("q")).value, { n: 1 })
    await db.publish("q", bytes("no JSON"), { framedbId })
    const error = await db.getValue("q").catch((thrown: unknown) => thrown)
    assert.propertyVal(error, "_tag", "SerializationError")
    assert.strictEqual(text(await db.getObject("q")), "no JSON")
  })

  it("publishes values to a list, which keeps no record of their serializer", async () => {
    await using db = FrameDBClient.memory()
    await db.publish("q", bytes("1"), { framedbId, encoding: "list" })
    await db.setValue("q", 2, { framedbId, type: "stream" })
    assert.deepStrictEqual([text(await db.getObject("q")), text(await db.getObject("q"))], ["1", "2"])
  })

  it("stops listening when the client is closed", async () => {
    await using db = FrameDBClient.memory()
    await db.publish("q", bytes("1"), { framedbId })
    const messages = db.listenForStreamData("q", framedbId)
    const { value: first } = await messages.next()
    assert.strictEqual(first === undefined ? undefined : text(first), "1")
    const next = messages.next().catch((thrown: unknown) => thrown)
    await db.close()
    assert.propertyVal(await next, "argument", "client")
    assert.deepStrictEqual(await messages.next(), { done: true, value: undefined })
  })

  it("stops listening when the signal is aborted", async () => {
    await using db = FrameDBClient.memory()
    const controller = new AbortController()
    const reason = new Error("closing time")
    setTimeout(() => controller.abort(reason), 20)
    const listen = async () => {
      for await (const _ of db.listenForStreamData("empty", framedbId, { signal: controller.signal }))
        assert.fail("came")
    }
    assert.strictEqual(await listen().catch((thrown: unknown) => thrown), reason)
  })

  it("stops listening when the client is closed, and says so", async () => {
    const db = FrameDBClient.memory()
    await publishAll(db, "q", ["a"])
    const messages = db.listenForStreamData("q", framedbId)
    await messages.next()
    const waiting = messages.next().catch((thrown: unknown) => thrown)
    await db.close()
    assert.propertyVal(await waiting, "_tag", "InvalidArgument")
    assert.isTrue((await messages.next()).done)
  })

  it("follows a queue without taking from it", async () => {
    await using db = FrameDBClient.memory()
    await publishAll(db, "q", ["a", "b"])
    const followed: Array<string> = []
    for await (const message of db.tail("q", framedbId, { from: "beginning" })) {
      followed.push(text(message))
      if (followed.length === 2) break
    }
    assert.deepStrictEqual(followed, ["a", "b"])
    assert.strictEqual((await db.queueInfo("q", framedbId)).length, 2)
  })
})
