/** A copy under way, its removal, or what a move leaves to be removed, while another client makes that place the primary's. */
import { assert, describe, it } from "@effect/vitest"
import { type FrameDB, FramedbId, ObjectKey } from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
} from "@framedb/core/memory"
import { faults } from "@framedb/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import { type Cluster, openClient, passing, places, settle, storeAt, storedAt } from "./cluster.ts"

type Db = FrameDB["Service"]

const limits = { limits: { inlineBytes: 100 }, chunkLimits: { chunkBytes: 40, maxChunks: 100 } }

/** A cluster in which what has more than 100 bytes is large. */
const clusterOfSmallLimits = (): Cluster => ({
  registry: MemoryClusterRegistry.make(),
  objects: MemoryObjectRouting.make(),
  streams: MemoryStreamRouting.make(),
  redis: MemoryRedisBackend.make(limits),
  tidb: MemoryTiDBBackend.make(limits),
})

const sizes = { small: 20, large: 250 }
const bytesOf = (version: number, size: number) => new Uint8Array(size).fill(version)
const forgetful = { cacheSizeBytes: 0, copySettleMillis: 0 }

/** What a client that knows nothing reads. */
const versionRead = Effect.fnUntraced(function* (cluster: Cluster) {
  const { db } = yield* openClient(cluster, { cacheSizeBytes: 0 })
  return yield* db.getObject("k").pipe(
    Effect.map(({ data }) => data[0]),
    Effect.catchTag("ObjectNotFound", () => Effect.succeed("nothing" as const)),
  )
}, Effect.scoped)

/** How a store is changed; each of them is held up in turn. */
const changes = [
  { backend: "sql", method: "setMany" },
  { backend: "sql", method: "insertMany" },
  { backend: "sql", method: "commitChunks" },
  { backend: "sql", method: "deleteMany" },
  { backend: "sql", method: "deleteManyIfEqual" },
  { backend: "sql", method: "removeChunked" },
] as const

/** On its way there, or on its way back, when it has been made. */
const holds = ["HoldRequest", "HoldAnswer"] as const

interface Trial {
  readonly size: number
  /** Objects that lie and go beside it, over stale bytes where it does. */
  readonly beside?: ReadonlyArray<string>
  /** What lies at the copy's place before, without a route. */
  readonly stale?: Uint8Array
  readonly hasCopy: boolean
  readonly run: (db: Db, size: number) => Effect.Effect<unknown, unknown>
}

/**
 * Lets one client do something to the copy in storage, holds up one of its calls there, and has another client move the object
 * there meanwhile. Says what is read once that client has been told that its write is stored, and when all is done.
 */
const trial = Effect.fnUntraced(function* (
  { size, stale, hasCopy, beside = [], run }: Trial,
  change: (typeof changes)[number],
  hold: (typeof holds)[number],
) {
  const cluster = clusterOfSmallLimits()
  const plan = new faults.FaultPlan()
  const { db: held } = yield* openClient(cluster, { ...forgetful, decide: plan.decide })
  const { db: other } = yield* openClient(cluster, forgetful)
  const latch = yield* Deferred.make<void>()
  for (const key of ["k", ...beside]) {
    yield* held.setObject({ key, data: bytesOf(1, size), ...places.memory })
    if (stale !== undefined) yield* storeAt(cluster, places.storage, key, stale)
  }
  if (hasCopy) yield* held.createBackup("k", "s1", "storage")
  plan.add({ ...change, key: "k" }, { _tag: hold, until: Deferred.await(latch) })
  const fiber = yield* Effect.forkChild(run(held, size), { startImmediately: true })
  yield* settle
  yield* other.setObject({ key: "k", data: bytesOf(9, size), ...places.storage })
  yield* Deferred.succeed(latch, undefined)
  const { exit } = yield* passing(Fiber.join(fiber))
  for (const key of size === sizes.small ? beside : []) {
    assert.deepStrictEqual(yield* storedAt(cluster, places.storage, key), bytesOf(1, size))
  }
  return { exit, read: yield* versionRead(cluster) }
}, Effect.scoped)

const createBackup = (db: Db) => db.createBackup("k", "s1", "storage")
const trials: Record<string, Omit<Trial, "size">> = {
  "a first copy": { hasCopy: false, run: createBackup },
  "a copy over stale bytes": { hasCopy: false, stale: bytesOf(7, 30), run: createBackup },
  "copies in bulk": { hasCopy: false, run: (db) => db.createBulkBackup(["k"], "s1") },
  "copies in bulk over stale bytes": {
    hasCopy: false,
    stale: bytesOf(7, 30),
    beside: ["j", "l"],
    run: (db) => db.createBulkBackup(["j", "k", "l"], "s1"),
  },
  "copies in bulk over what is the same as the newer primary": {
    hasCopy: false,
    stale: bytesOf(9, sizes.small),
    beside: ["j", "l"],
    run: (db) => db.createBulkBackup(["j", "k", "l"], "s1"),
  },
  "the removal of a copy": { hasCopy: true, run: (db) => db.removeCopy("k", "s1") },
}

describe("a newer primary", () => {
  for (const [what, given] of Object.entries(trials)) {
    for (const [name, size] of Object.entries(sizes)) {
      it.effect(`outlives ${what} that is under way to its place, where the object is ${name}`, () =>
        Effect.gen(function* () {
          for (const change of changes) {
            for (const hold of holds) {
              const { read } = yield* trial({ ...given, size }, change, hold)
              assert.strictEqual(read, 9, `${change.method} was held up`)
            }
          }
        }),
      )
    }
  }

  for (const [name, size] of Object.entries(sizes)) {
    it.effect(`outlives the rewriting of a ${name} object's copy by an overwrite that began before`, () =>
      Effect.gen(function* () {
        for (const change of changes) {
          const run = (db: Db) => db.setObject({ key: "k", data: bytesOf(2, size), ...places.memory })
          const { read } = yield* trial({ size, hasCopy: true, run }, change, "HoldRequest")
          assert.strictEqual(read, 9, `${change.method} was held up`)
        }
      }),
    )
  }

  it.effect("outlives a copy that meets its bytes before its route", () =>
    Effect.gen(function* () {
      for (const size of Object.values(sizes)) {
        const cluster = clusterOfSmallLimits()
        const plan = new faults.FaultPlan()
        const { db: held } = yield* openClient(cluster, { ...forgetful, decide: plan.decide })
        const { db: other } = yield* openClient(cluster, forgetful)
        const latch = yield* Deferred.make<void>()
        yield* held.setObject({ key: "k", data: bytesOf(1, size), ...places.memory })
        plan.add({ backend: "routing", method: "register" }, { _tag: "HoldRequest", until: Deferred.await(latch) })
        const moving = held.setObject({ key: "k", data: bytesOf(9, size), ...places.storage })
        const mover = yield* Effect.forkChild(moving, { startImmediately: true })
        yield* settle
        yield* Effect.ignore(createBackup(other))
        yield* Deferred.succeed(latch, undefined)
        const { exit } = yield* passing(Fiber.join(mover))
        assert.isTrue(Exit.isSuccess(exit))
        assert.strictEqual(yield* versionRead(cluster), 9)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("outlives a removal of many stale copies of which nobody knows whether it was made", () =>
    Effect.gen(function* () {
      const keys = ["j", "k", "l"]
      for (const _tag of ["LoseAnswer", "LoseRequest"] as const) {
        for (const reason of ["Timeout", "Rejected"] as const) {
          const cluster = clusterOfSmallLimits()
          const plan = new faults.FaultPlan()
          const { db: held } = yield* openClient(cluster, { ...forgetful, decide: plan.decide })
          const { db: other } = yield* openClient(cluster, forgetful)
          const latch = yield* Deferred.make<void>()
          for (const key of keys) {
            yield* held.setObject({ key, data: bytesOf(1, 20), ...places.memory })
            yield* storeAt(cluster, places.storage, key, bytesOf(9, 20))
          }
          // After the first look at the routes the object moves, with just these bytes; then they are removed.
          plan.add(
            { backend: "routing", method: "findMany", after: 1 },
            { _tag: "HoldAnswer", until: Deferred.await(latch) },
          )
          plan.add({ backend: "sql", method: "deleteManyIfEqual" }, { _tag, reason })
          const copying = yield* Effect.forkChild(held.createBulkBackup(keys, "s1"), { startImmediately: true })
          yield* settle
          yield* other.setObject({ key: "k", data: bytesOf(9, 20), ...places.storage })
          yield* Deferred.succeed(latch, undefined)
          const { exit } = yield* passing(Fiber.join(copying))
          assert.deepInclude(Exit.isSuccess(exit) ? exit.value : exit, { succeeded: 2, failed: 1 })
          assert.strictEqual(yield* versionRead(cluster), 9, `${_tag}, ${reason}`)
          for (const key of ["j", "l"]) {
            assert.deepStrictEqual(yield* storedAt(cluster, places.storage, key), bytesOf(1, 20))
          }
        }
      }
    }).pipe(Effect.scoped),
  )

  it.effect("outlives a mover that dies before it has seen that the object was moved back", () =>
    Effect.gen(function* () {
      for (const method of ["deleteMany", "deleteManyIfEqual", "removeChunked"]) {
        for (const size of Object.values(sizes)) {
          const cluster = clusterOfSmallLimits()
          const plan = new faults.FaultPlan()
          const { db: held } = yield* openClient(cluster, { ...forgetful, decide: plan.decide })
          const { db: other } = yield* openClient(cluster, forgetful)
          const latch = yield* Deferred.make<void>()
          yield* held.setObject({ key: "k", data: bytesOf(1, size), ...places.memory })
          plan.add({ backend: "redis", method }, { _tag: "HoldRequest", until: Deferred.await(latch) })
          const moving = held.setObject({ key: "k", data: bytesOf(2, size), ...places.storage })
          const mover = yield* Effect.forkChild(moving, { startImmediately: true })
          yield* settle
          yield* other.setObject({ key: "k", data: bytesOf(9, size), ...places.memory })
          plan.add({ times: 1000 }, { _tag: "Refuse", reason: "Rejected" })
          yield* Deferred.succeed(latch, undefined)
          yield* passing(Effect.exit(Fiber.join(mover)))
          assert.strictEqual(yield* versionRead(cluster), 9, `${method} was held up`)
        }
      }
    }).pipe(Effect.scoped),
  )
})

const turns = (count: number) => Effect.forEach(Array.from({ length: count }), () => Effect.yieldNow, { discard: true })

/** Holds calls up on their way there or back, in turn by as many turns as the list says. */
const hesitant = (pauses: ReadonlyArray<number>): faults.Decide => {
  let calls = 0
  return () => {
    const pause = pauses[calls++ % pauses.length] ?? 0
    if (pause === 0) return undefined
    return { _tag: pause > 0 ? "HoldRequest" : "HoldAnswer", until: turns(Math.abs(pause)) }
  }
}

interface Drill {
  readonly copierPauses: ReadonlyArray<number>
  readonly moverPauses: ReadonlyArray<number>
  readonly moves: ReadonlyArray<{ readonly to: "memory" | "storage"; readonly size: number; readonly version: number }>
  readonly isBulk: boolean
}

/** Reads as a client that asks again where it finds nothing: what is put back is away for as long as two messages take. */
const patientRead = (db: Db) =>
  Effect.retry(
    Effect.tapError(db.getObject("k"), () => turns(10)),
    {
      while: ({ _tag }) => _tag === "ObjectNotFound",
      times: 40,
    },
  )

/** One client copies an object to and fro, another moves and overwrites it; a third looks after each write. */
const drill = Effect.fnUntraced(function* ({ copierPauses, moverPauses, moves, isBulk }: Drill) {
  const cluster = clusterOfSmallLimits()
  const { db: copier } = yield* openClient(cluster, { ...forgetful, decide: hesitant(copierPauses) })
  const { db: mover } = yield* openClient(cluster, { ...forgetful, decide: hesitant(moverPauses) })
  const { db: reader } = yield* openClient(cluster, { cacheSizeBytes: 0, routeCacheEntries: 0 })
  yield* mover.setObject({ key: "k", data: bytesOf(0, 20), ...places.memory })
  let isDone = false
  // As a client of another kind does that overwrites the object: the bytes stay, and are stale then.
  const drop = (id: "m1" | "s1") => cluster.objects.removeCopy(ObjectKey.make("k"), FramedbId.make(id))
  const copyOnce = (id: "m1" | "s1") =>
    isBulk
      ? Effect.andThen(copier.createBulkBackup(["k"], id), drop(id))
      : Effect.andThen(copier.createBackup("k", id), copier.removeCopy("k", id))
  const copying = Effect.forEach(["s1", "m1"] as const, (id) => Effect.ignore(copyOnce(id)), { discard: true })
  const fiber = yield* Effect.forkChild(Effect.repeat(copying, { until: () => isDone }))
  for (const { to, size, version } of moves) {
    yield* mover.setObject({ key: "k", data: bytesOf(version, size), ...places[to] })
    const { data } = yield* patientRead(reader)
    assert.deepStrictEqual([data[0], data.byteLength], [version, size])
  }
  isDone = true
  yield* Fiber.join(fiber)
  const { data } = yield* patientRead(reader)
  assert.strictEqual(data[0], moves.at(-1)?.version)
}, Effect.scoped)

const pauses = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 1, maxLength: 24 })
const placesAndSizes = {
  to: fc.constantFrom("memory" as const, "storage" as const),
  size: fc.constantFrom(20, 30, 250),
}
const drillsOf = (moves: fc.Arbitrary<Drill["moves"]>): fc.Arbitrary<Drill> =>
  fc.record({ copierPauses: pauses, moverPauses: pauses, moves, isBulk: fc.boolean() })

const everyWriteNew = drillsOf(
  fc
    .array(fc.record(placesAndSizes), { minLength: 2, maxLength: 12 })
    .map((moves) => moves.map((move, index) => ({ ...move, version: index + 1 }))),
)
const writesAlike = drillsOf(
  fc.array(fc.record({ ...placesAndSizes, version: fc.constantFrom(1, 2) }), { minLength: 2, maxLength: 12 }),
)

/** More than enough to find what was found; a search for more sets the variable. */
const numRuns = Number(process.env["FRAMEDB_PROPERTY_RUNS"] ?? 100)

const always = Effect.fnUntraced(function* (drills: fc.Arbitrary<Drill>) {
  const services = yield* Effect.context<never>()
  const tried = fc.asyncProperty(drills, async (given) => {
    const { exit } = await Effect.runPromiseWith(services)(passing(drill(given)))
    if (Exit.isFailure(exit)) assert.fail(String(exit.cause))
  })
  yield* Effect.promise(() => fc.assert(tried, { numRuns }))
})

describe("an object that is moved and overwritten while another client copies it to and fro", () => {
  it.effect(
    "is read as it was written last, after each write that was acknowledged",
    () => always(everyWriteNew),
    120_000,
  )

  it.effect(
    "is not lost where the very bytes are written that the copier has seen there before",
    () => always(writesAlike),
    120_000,
  )
})
