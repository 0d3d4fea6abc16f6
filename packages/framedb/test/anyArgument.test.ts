/** Every public method with every kind of value that plain JavaScript may pass, one argument or option at a time. */
import { setImmediate } from "node:timers/promises"
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
  Serializer,
} from "framedb"

const errorClasses = [
  BackendError,
  InstanceNotFound,
  IntegrityError,
  InvalidArgument,
  ObjectNotFound,
  ObjectTooLarge,
  SerializationError,
]

const isOurs = (error: unknown): boolean => errorClasses.some((each) => error instanceof each)

const strange: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ["null", null],
  ["undefined", undefined],
  ["0", 0],
  ["NaN", Number.NaN],
  ["an empty text", ""],
  ["an empty object", {}],
  ["an empty array", []],
  ["a symbol", Symbol("s")],
  ["a function", () => 1],
]

const target = { framedbId: "m", type: "in-memory" } as const
const bytes = Uint8Array.of(1, 2, 3)
const callOptions = { signal: undefined }
const bulk = { concurrency: 2, bytesInFlight: 1_000, onProgress: () => {} }
const listening = {
  group: "g",
  consumer: "c",
  ack: "auto",
  from: "beginning",
  batchSize: 1,
  maxUnsettled: 1,
  visibilityTimeoutMillis: 60_000,
  maxDeliveries: 5,
  keepAcknowledged: false,
  giveUpAfterMillis: 1_000,
  ...callOptions,
} as const

type Arguments = ReadonlyArray<unknown>

/** A whole call of each method that gives a promise. */
const calls: Readonly<Record<string, Arguments>> = {
  setObject: [{ key: "new", data: bytes, metadata: { a: 1 }, contentType: "text/plain", ...target }, callOptions],
  getObject: ["k", callOptions],
  getObjects: [["k"], callOptions],
  statObject: ["k", callOptions],
  objectExists: ["k", callOptions],
  deleteObject: ["k", callOptions],
  setValue: ["new", { a: 1 }, { serializer: Serializer.json, metadata: { a: 1 }, ...target, ...callOptions }],
  getValue: ["v", { serializer: Serializer.json, ...callOptions }],
  writeObject: ["new", [bytes], { ...target, metadata: {}, contentType: "a/b", serializer: "json", ...callOptions }],
  readObject: ["k", { range: { offset: 0, length: 1 }, ...callOptions }],
  collectGarbage: [{ ...target, maxSteps: 1, ...callOptions }],
  publish: [
    "q",
    bytes,
    { framedbId: "m", headers: { a: "b" }, encoding: "stream", maxLength: 9, maxAgeMillis: 60_000, ...callOptions },
  ],
  queueInfo: ["q", "m", { group: "g", ...callOptions }],
  redrive: ["q", "m", { maxMessages: 1, ...callOptions }],
  createBackup: ["k", "other", { targetType: "in-memory", ...callOptions }],
  createBulkBackup: [["k"], "other", { targetType: "in-memory", ...bulk, ...callOptions }],
  removeCopy: ["k", "other", callOptions],
  backupToObjectStorage: [
    { keys: ["k"], framedbId: "m", set: "s2", base: "s", full: false, prefix: "", ...bulk, ...callOptions },
  ],
  restoreFromBackup: [
    {
      keys: ["k"],
      set: "s",
      keyPrefix: "",
      prefix: "",
      dryRun: false,
      metadata: {},
      ...target,
      ...bulk,
      ...callOptions,
    },
  ],
  verifyBackup: [{ keys: ["k"], set: "s", keyPrefix: "", prefix: "", ...bulk, ...callOptions }],
  listBackupSets: [{ prefix: "", ...callOptions }],
  pruneBackups: [{ keep: ["s"], dryRun: false, prefix: "", ...callOptions }],
  cacheStats: [],
  stats: [],
}

/** A whole call of each method that gives something to iterate. */
const iterations: Readonly<Record<string, Arguments>> = {
  listObjects: [{ prefix: "", framedbId: "m", type: "in-memory", metadata: {} }, callOptions],
  listenForStreamData: ["q", "m", listening],
  pullAllStreamData: ["q", "m", listening],
  tail: ["q", "m", { from: "beginning", batchSize: 1, giveUpAfterMillis: 1_000, ...callOptions }],
  listBackups: [{ keyPrefix: "", prefix: "", ...callOptions }],
}

interface Case {
  readonly name: string
  readonly given: Arguments
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The value with each of its parts, at any depth, made strange. */
const spoilt = (path: string, value: unknown): ReadonlyArray<{ readonly name: string; readonly value: unknown }> => [
  ...strange.map(([kind, wrong]) => ({ name: `${kind} for ${path}`, value: wrong })),
  ...(isPlain(value)
    ? Object.entries(value).flatMap(([field, inner]) =>
        spoilt(`${path}.${field}`, inner).map((part) => ({
          name: part.name,
          value: { ...value, [field]: part.value },
        })),
      )
    : []),
]

const casesOf = (whole: Arguments): ReadonlyArray<Case> => [
  { name: "a whole call", given: whole },
  ...whole.flatMap((one, index) =>
    spoilt(`argument ${index}`, one).map(({ name, value }) => ({ name, given: whole.with(index, value) })),
  ),
]

const seeded = async (): Promise<FrameDBClient> => {
  const db = FrameDBClient.memory()
  await db.setObject({ key: "k", data: bytes, ...target })
  await db.setValue("v", { a: 1 }, target)
  await db.publish("q", bytes, { framedbId: "m" })
  await db.backupToObjectStorage({ keys: ["k"], set: "s" })
  return db
}

/** What is stored, as somebody else would find it. */
const stateOf = async (db: FrameDBClient): Promise<unknown> => {
  const objects = await Array.fromAsync(db.listObjects())
  const { length } = await db.queueInfo("q", "m")
  return {
    objects: objects.toSorted((one, other) => (one.key < other.key ? -1 : 1)),
    length,
    sets: await db.listBackupSets(),
  }
}

type Loose = Readonly<Record<string, (...given: Arguments) => unknown>>

const callOn = (db: FrameDBClient, method: string, given: Arguments): unknown =>
  // As plain JavaScript may call it.
  (db as unknown as Loose)[method]?.(...given)

/** Listeners wait for a message, so there is one sooner or later. */
const firstOf = async (db: FrameDBClient, iterable: unknown): Promise<void> => {
  const iterator = (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  let isSettled = false
  const first = iterator.next().finally(() => {
    isSettled = true
  })
  first.catch(() => {})
  while (!isSettled) {
    await db.publish("q", bytes, { framedbId: "m" })
    await setImmediate()
  }
  await first
  await iterator.return?.()
}

const settle = async (run: () => unknown): Promise<string | undefined> => {
  let given: unknown
  try {
    given = run()
  } catch (error) {
    return `throws ${String(error)}`
  }
  try {
    await given
    return undefined
  } catch (error) {
    return isOurs(error) ? "rejected" : `rejects with ${String(error)}`
  }
}

/** What is wrong with each case; the client is made anew where a call has changed something. */
const problemsOf = async (method: string, whole: Arguments, use: (db: FrameDBClient, given: unknown) => unknown) => {
  const problems: Array<string> = []
  let db = await seeded()
  let before = await stateOf(db)
  for (const { name, given } of casesOf(whole)) {
    const outcome = await settle(() => use(db, callOn(db, method, given)))
    if (outcome !== undefined && (outcome !== "rejected" || name === "a whole call"))
      problems.push(`${name}: ${outcome}`)
    const after = await stateOf(db)
    const isSame = JSON.stringify(after) === JSON.stringify(before)
    if (outcome !== undefined && !isSame && !(method in iterations)) problems.push(`${name}: is rejected and was done`)
    if (!isSame) {
      await db.close()
      db = await seeded()
      before = await stateOf(db)
    }
  }
  await db.close()
  return problems
}

describe("a strange argument works or is refused by an error of FrameDB's own, and nothing is done then", () => {
  it("is tried on every method", () => {
    const methods = new Set<string>()
    for (let at: object = FrameDBClient.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) methods.add(name)
    }
    const others = ["constructor", "close", "direct", "call", "callWith", "iterateWith"]
    assert.sameMembers([...methods], [...Object.keys(calls), ...Object.keys(iterations), ...others])
  })

  it.each(strange)("what is given to a client's maker: %s", (_, given) => {
    // As plain JavaScript may call them.
    for (const make of [
      (source: never) => new FrameDBClient(source),
      (options: never) => FrameDBClient.memory(options),
    ]) {
      try {
        make(given as never)
      } catch (error) {
        assert.isTrue(isOurs(error), String(error))
      }
    }
  })

  it.each(strange)("what is given for a storage: %s", async (_, storage) => {
    await using db = await seeded()
    const outcome = await settle(() => db.backupToObjectStorage({ keys: ["k"], storage: storage as never }))
    assert.include(["rejected", undefined], outcome)
    assert.strictEqual(outcome === undefined, storage === undefined)
  })

  it.each(strange)("what a message's methods are given: %s", async (_, given) => {
    await using db = await seeded()
    for await (const message of db.pullAllStreamData("q", "m", { ack: "manual" })) {
      const loose = message as unknown as Loose
      for (const method of ["extend", "nack"]) {
        assert.include(["rejected", undefined], await settle(() => loose[method]?.(given)), method)
        if (method === "nack")
          assert.include(["rejected", undefined], await settle(() => loose[method]?.({ reason: given })))
      }
      break
    }
  })

  it.each(Object.keys(calls))(
    "%s",
    async (method) => {
      assert.deepStrictEqual(await problemsOf(method, calls[method] ?? [], (_, given) => given), [])
    },
    60_000,
  )

  it.each(Object.keys(iterations))(
    "%s",
    async (method) => {
      assert.deepStrictEqual(await problemsOf(method, iterations[method] ?? [], firstOf), [])
    },
    60_000,
  )
})
