import { assert, describe, it } from "@effect/vitest"
import { BackendError, FrameDBClient, InvalidArgument, ObjectNotFound, Serializer } from "framedb"

const target = { framedbId: "any", type: "in-memory" } as const
const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  )

describe("FrameDBClient", () => {
  it("does in memory what the documentation says, in plain TypeScript", async () => {
    await using db = FrameDBClient.memory()
    const info = await db.setObject({ key: "greeting", data: bytes(1, 2), metadata: { a: 1 }, ...target })
    assert.strictEqual(info.sizeBytes, 2)
    const object = await db.getObject("greeting")
    assert.deepStrictEqual(object.data, bytes(1, 2))
    assert.deepStrictEqual(object.metadata, { a: 1 })
    assert.deepStrictEqual(await db.statObject("greeting"), info)
    assert.isTrue(await db.objectExists("greeting"))
    assert.deepStrictEqual(
      (await db.getObjects(["greeting", "absent"])).map((found) => found?.key),
      ["greeting", undefined],
    )
    await db.setValue("value", { n: [1, null] }, target)
    assert.deepStrictEqual((await db.getValue<{ n: ReadonlyArray<number | null> }>("value")).value.n, [1, null])
    const keys: Array<string> = []
    for await (const { key } of db.listObjects({ type: "in-memory" })) keys.push(key)
    assert.sameMembers(keys, ["greeting", "value"])
    assert.isTrue(await db.deleteObject("greeting"))
    assert.isFalse(await db.deleteObject("greeting"))
  })

  it("copies to any id in memory, in whichever kind it is told, else to storage", async () => {
    await using db = FrameDBClient.memory()
    await db.setObject({ key: "k", data: new Uint8Array(3), framedbId: "redis-1", type: "in-memory" })
    const { copies } = await db.createBackup("k", "sql-1")
    assert.propertyVal(copies[0], "type", "storage")
    const more = await db.createBackup("k", "redis-2", { targetType: "in-memory" })
    assert.propertyVal(more.copies[1], "type", "in-memory")
    assert.strictEqual((await db.createBulkBackup(["k"], "sql-2")).failed, 0)
  })

  it("rejects with the same classes that effects fail with", async () => {
    await using db = FrameDBClient.memory({ instances: [{ framedbId: "known", kind: "redis" }] })
    assert.instanceOf(await rejection(db.getObject("absent")), ObjectNotFound)
    assert.instanceOf(await rejection(db.getObject("")), InvalidArgument)
    await db.setValue("x", 1, { framedbId: "known", type: "in-memory" })
    assert.instanceOf(await rejection(db.getObject("")), InvalidArgument)
    assert.instanceOf(await rejection(db.getObject("absent")), ObjectNotFound)
    const unknown = await rejection(db.setObject({ data: bytes(1), ...target }))
    assert.propertyVal(unknown, "_tag", "InstanceNotFound")
  })

  it("answers from the cache what it has read before, and gives every reader bytes of its own", async () => {
    await using db = FrameDBClient.memory()
    await db.setObject({ key: "k", data: bytes(1, 2, 3), ...target })
    const [first, second] = await Promise.all([db.getObject("k"), db.getObject("k")])
    first.data.fill(9)
    assert.deepStrictEqual(second.data, bytes(1, 2, 3))
    const third = await db.getObject("k")
    assert.strictEqual(third.source, "cache")
    assert.deepStrictEqual(third.data, bytes(1, 2, 3))
    assert.isAbove((await db.cacheStats()).hits, 0)
  })

  it("joins a thousand readers of a cold key into one read", async () => {
    await using db = FrameDBClient.memory({ cacheSizeBytes: 0 })
    await db.setObject({ key: "k", data: bytes(7), ...target })
    const objects = await Promise.all(Array.from({ length: 1000 }, () => db.getObject("k")))
    assert.isTrue(objects.every((object) => object.data[0] === 7))
    for (const object of objects) object.data[0] = 9
    assert.deepStrictEqual((await db.getObject("k")).data, bytes(7))
    const [first, second] = await Promise.all([db.getObject("k"), db.getObject("k")])
    first.data[0] = 9
    assert.deepStrictEqual(second.data, bytes(7))
  })

  it("stops a call when its signal is aborted, before and while it runs", async () => {
    await using db = FrameDBClient.memory()
    const reason = new Error("no more")
    const aborted = AbortSignal.abort(reason)
    assert.strictEqual(await rejection(db.getObject("k", { signal: aborted })), reason)
    const controller = new AbortController()
    const never = db.setValue("k", 1, {
      ...target,
      signal: controller.signal,
      serializer: { serialize: () => new Promise<Uint8Array>(() => {}), deserialize: () => 1 },
    })
    controller.abort(reason)
    assert.strictEqual(await rejection(never), reason)
    const listing = async () => {
      for await (const _ of db.listObjects({}, { signal: aborted })) assert.fail("listed")
    }
    assert.strictEqual(await rejection(listing()), reason)
  })

  it("refuses calls after it was closed, and is closed twice without harm", async () => {
    const db = FrameDBClient.memory()
    await db.setValue("x", 1, target)
    await db.close()
    await db.close()
    assert.instanceOf(await rejection(db.getObject("x")), InvalidArgument)
    assert.instanceOf(await rejection(db.setValue("x", 1, target)), InvalidArgument)
  })

  it("throws for options that can't be used, before anything is connected", () => {
    const urls = { clusterUrl: "http://localhost:1", routingUrl: "http://localhost:1" }
    assert.throws(() => new FrameDBClient({ ...urls, retries: -1 }), InvalidArgument)
    assert.throws(() => new FrameDBClient({ ...urls, connectionCacheSize: 0 }), InvalidArgument)
  })

  it("fails in bounded time with a typed error that shows no credentials when nothing is there", async () => {
    await using db = new FrameDBClient({
      clusterUrl: "http://user:sesame@127.0.0.1:1",
      routingUrl: "http://user:sesame@127.0.0.1:1",
      retries: 0,
    })
    const error = await rejection(db.getObject("k"))
    assert.instanceOf(error, BackendError)
    assert.notInclude(`${error.message} ${error.stack} ${JSON.stringify(error)}`, "sesame")
  })

  it("takes any serializer, and says what a value lacks", async () => {
    await using db = FrameDBClient.memory()
    await db.setValue("map", new Map([["a", 1n]]), { ...target, serializer: Serializer.structured })
    assert.deepStrictEqual((await db.getValue("map")).value, new Map([["a", 1n]]))
    const error = await rejection(db.setValue("map", new Map(), target))
    assert.propertyVal(error, "_tag", "SerializationError")
  })
})
