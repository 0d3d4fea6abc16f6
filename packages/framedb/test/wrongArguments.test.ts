/** What plain JavaScript, or a type that is wider than what is meant, lets through. */
import { createContext, runInContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { FrameDBClient, type Serializer } from "framedb"

const target = { framedbId: "m", type: "in-memory" } as const

const refused = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "it resolved",
    (error: unknown) => String(typeof error === "object" && error !== null && "_tag" in error ? error._tag : error),
  )

const transferred = (): Uint8Array => {
  const view = new Uint8Array(8)
  structuredClone(view.buffer, { transfer: [view.buffer] })
  return view
}

const looksLikeBytes: Uint8Array = Object.create(Uint8Array.prototype)

describe("bytes", () => {
  it.each([
    ["that were transferred away", transferred()],
    ["that only inherit from Uint8Array", looksLikeBytes],
    ["behind a Proxy", new Proxy(new Uint8Array(2), {})],
  ])("%s are refused, not stored as an empty object", async (_, data) => {
    await using db = FrameDBClient.memory()
    // Before and after the client has connected it takes different ways.
    for (const key of ["first", "second"]) {
      assert.strictEqual(await refused(db.setObject({ key, data, ...target })), "InvalidArgument")
      assert.isFalse(await db.objectExists(key))
    }
    assert.strictEqual(await refused(db.publish("queue", data, { framedbId: "m" })), "InvalidArgument")
    assert.strictEqual(await refused(db.writeObject("w", [data], target)), "InvalidArgument")
  })

  it("of another realm, such as a test runner's, are bytes", async () => {
    await using db = FrameDBClient.memory()
    const data: Uint8Array = runInContext("Uint8Array.of(1, 2)", createContext())
    assert.isFalse(data instanceof Uint8Array)
    await db.setObject({ key: "k", data, ...target })
    await db.publish("queue", data, { framedbId: "m" })
    await db.writeObject("w", [data], target)
    for (const key of ["k", "queue", "w"]) assert.deepStrictEqual((await db.getObject(key)).data, Uint8Array.of(1, 2))
  })
})

describe("what is no serializer", () => {
  it.each(["json", { serialize: 1 }, {}])("is an InvalidArgument: %s", async (serializer) => {
    await using db = FrameDBClient.memory()
    // What plain JavaScript may pass, whatever the type says.
    const wrong = { ...target, serializer: serializer as never }
    assert.strictEqual(await refused(db.setValue("k", 1, wrong)), "InvalidArgument")
    assert.strictEqual(await refused(db.getValue("k", { serializer: serializer as never })), "InvalidArgument")
  })
})

describe("a serializer of the caller's", () => {
  const throwing = (thrown: unknown): Serializer<number> => ({
    serialize: () => {
      throw thrown
    },
    deserialize: () => 1,
  })
  // What a serializer in plain JavaScript may give, whatever the type says.
  const giving = (given: unknown): Serializer<number> => ({
    serialize: () => given as Uint8Array,
    deserialize: () => 1,
  })
  it.each([
    ["throws an object without a prototype", throwing(Object.create(null))],
    ["throws undefined", throwing(undefined)],
    ["gives a text", giving("text")],
    ["gives nothing", giving(undefined)],
    ["gives bytes that were transferred away", giving(transferred())],
  ])("that %s is a SerializationError", async (_, serializer) => {
    await using db = FrameDBClient.memory()
    assert.strictEqual(await refused(db.setValue("k", 1, { ...target, serializer })), "SerializationError")
  })
})

describe("a single text where a list of texts belongs", () => {
  it("is refused, not taken letter by letter", async () => {
    await using db = FrameDBClient.memory()
    await db.setObject({ key: "nightly", data: new Uint8Array(1), ...target })
    await db.backupToObjectStorage({ keys: ["nightly"], set: "nightly" })
    const keys = "nightly"
    const calls = [
      db.getObjects(keys),
      db.createBulkBackup(keys, "other"),
      db.backupToObjectStorage({ keys }),
      db.restoreFromBackup({ keys, ...target }),
      db.restoreFromBackup({ keys, set: "nightly", ...target }),
      db.verifyBackup({ keys, set: "nightly" }),
      // Types say no; plain JavaScript may.
      db.pruneBackups({ keep: keys as never }),
      db.pruneBackups({ keep: [keys].values() as never }),
    ]
    assert.deepStrictEqual(
      await Promise.all(calls.map(refused)),
      calls.map(() => "InvalidArgument"),
    )
    const sets = await db.listBackupSets()
    assert.deepStrictEqual(
      sets.map(({ set }) => set),
      ["nightly"],
    )
  })
})

describe("options that are missing or no object", () => {
  /** Every call that takes options, as plain JavaScript may make it. */
  type Loose = Readonly<Record<string, (...given: ReadonlyArray<unknown>) => unknown>>
  const calls: ReadonlyArray<readonly [name: string, given: ReadonlyArray<unknown>]> = [
    ["setObject", [undefined]],
    ["setObject", [null]],
    ["setValue", ["k", 1]],
    ["setValue", ["k", 1, null]],
    ["writeObject", ["k", []]],
    ["readObject", ["k", null]],
    ["collectGarbage", []],
    ["publish", ["q", Uint8Array.of(1)]],
    ["publish", ["q", Uint8Array.of(1), null]],
    ["queueInfo", ["q", "m", null]],
    ["redrive", ["q", "m", 1]],
    ["createBackup", ["k", "m", null]],
    ["createBulkBackup", [["k"], "m", null]],
    ["backupToObjectStorage", []],
    ["restoreFromBackup", [null]],
    ["verifyBackup", []],
    ["listBackupSets", [null]],
    ["pruneBackups", []],
  ]
  const iterations: ReadonlyArray<readonly [name: string, given: ReadonlyArray<unknown>]> = [
    ["listenForStreamData", ["q", "m", null]],
    ["pullAllStreamData", ["q", "m", null]],
    ["tail", ["q", "m", null]],
    ["listBackups", [null]],
  ]

  it.each(calls)("are refused by a rejection: %s", async (name, given) => {
    await using db = FrameDBClient.memory()
    const loose = db as unknown as Loose
    for (const _ of ["before", "after"]) {
      assert.strictEqual(await refused(Promise.resolve(loose[name]?.(...given))), "InvalidArgument")
      // After it has connected it takes another way.
      await db.objectExists("k")
    }
  })

  it.each(iterations)("are refused by the first turn of the loop: %s", async (name, given) => {
    await using db = FrameDBClient.memory()
    const loose = db as unknown as Loose
    // What these four give is an async iterable.
    const iterable = loose[name]?.(...given) as AsyncIterable<unknown>
    assert.strictEqual(await refused(iterable[Symbol.asyncIterator]().next()), "InvalidArgument")
  })

  it("are refused by the constructor", () => {
    for (const source of [undefined, null, "http://host:8000"]) {
      assert.throws(() => new FrameDBClient(source as never), /options has to be an object/)
    }
  })
})
