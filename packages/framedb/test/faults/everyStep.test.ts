import { assert, describe, expect, it } from "@effect/vitest"
import { BackendError, type FrameDB, type ObjectKey } from "@framedb/core"
import { faults } from "@framedb/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { type Cluster, makeCluster, openClient, type Place, passing, places, storedAt } from "./cluster.ts"

type Db = FrameDB["Service"]

const older = Uint8Array.of(1, 1, 1)
const newer = Uint8Array.of(2, 2, 2)
const longer = Uint8Array.of(2, 2, 2, 2, 2)

const set = (place: Place, data: Uint8Array) => (db: Db) =>
  Effect.asVoid(db.setObject({ key: "k", data, ...place, metadata: { bytes: data.byteLength } }))

/** What is tried: a state, an operation, and what is there when it has succeeded. */
interface Trial {
  readonly before: Uint8Array | undefined
  readonly copies?: ReadonlyArray<Place>
  /** Whether the client has read the key before, so that it knows the way. */
  readonly isWarm: boolean
  readonly run: (db: Db) => Effect.Effect<unknown, unknown>
  readonly after: Uint8Array | undefined
  readonly at?: Place
  readonly cacheSizeBytes?: number
}

const get = (db: Db) => db.getObject("k")
const trials: Record<string, Trial> = {
  "setting a new object": { before: undefined, isWarm: false, run: set(places.memory, newer), after: newer },
  "setting a new object in storage": {
    before: undefined,
    isWarm: false,
    run: set(places.storage, newer),
    after: newer,
    at: places.storage,
  },
  "overwriting an object that is not known": {
    before: older,
    isWarm: false,
    run: set(places.memory, newer),
    after: newer,
  },
  "overwriting an object that is known": { before: older, isWarm: true, run: set(places.memory, newer), after: newer },
  "overwriting with another size": { before: older, isWarm: true, run: set(places.memory, longer), after: longer },
  "overwriting an object with a copy": {
    before: older,
    copies: [places.storage],
    isWarm: true,
    run: set(places.memory, longer),
    after: longer,
  },
  "moving an object": {
    before: older,
    isWarm: true,
    run: set(places.otherMemory, newer),
    after: newer,
    at: places.otherMemory,
  },
  "moving an object with a copy to another kind": {
    before: older,
    copies: [places.otherMemory],
    isWarm: false,
    run: set(places.storage, newer),
    after: newer,
    at: places.storage,
  },
  "moving an object to where its copy is": {
    before: older,
    copies: [places.otherMemory],
    isWarm: true,
    run: set(places.otherMemory, newer),
    after: newer,
    at: places.otherMemory,
  },
  "deleting an object": { before: older, isWarm: false, run: (db) => db.deleteObject("k"), after: undefined },
  "deleting an object with a copy": {
    before: older,
    copies: [places.storage],
    isWarm: true,
    run: (db) => db.deleteObject("k"),
    after: undefined,
  },
  "reading an object": { before: older, isWarm: false, run: get, after: older },
  "reading an object that is known": { before: older, isWarm: true, run: get, after: older, cacheSizeBytes: 0 },
  "reading an object with a copy": { before: older, copies: [places.storage], isWarm: false, run: get, after: older },
  "asking whether an object is there": {
    before: older,
    copies: [places.storage],
    isWarm: false,
    run: (db) => db.objectExists("k"),
    after: older,
  },
  "reading many objects": { before: older, isWarm: false, run: (db) => db.getObjects(["k", "other"]), after: older },
}

/** How a step is broken: that one call, every call of its kind from then on, or every call of any kind. */
interface Break {
  readonly fault: faults.Fault
  readonly also: "no other" | "its kind" | "everything"
}

const refused = { _tag: "Refuse", reason: "Unavailable" } as const
const lost = { _tag: "LoseRequest", reason: "Timeout" } as const
const unanswered = { _tag: "LoseAnswer", reason: "Unavailable" } as const

const breaks: Readonly<Record<string, Break>> = {
  "is refused once": { fault: refused, also: "no other" },
  "is refused for good": { fault: refused, also: "its kind" },
  "is refused like everything after it": { fault: refused, also: "everything" },
  "is rejected": { fault: { _tag: "Refuse", reason: "Rejected" }, also: "its kind" },
  "never arrives": { fault: lost, also: "no other" },
  "never arrives for good": { fault: lost, also: "its kind" },
  "never arrives, nor does anything after it": { fault: lost, also: "everything" },
  "is done but not answered": { fault: unanswered, also: "no other" },
  "is done but never answered": { fault: unanswered, also: "its kind" },
  "is done but not answered, nor is anything after it": { fault: unanswered, also: "everything" },
}

const forGood = 10_000

/** Arms a plan against one step of those that were seen without faults. */
const arm = (plan: faults.FaultPlan, calls: ReadonlyArray<faults.PortCall>, step: number, { fault, also }: Break) => {
  const call = calls[step]
  if (also !== "its kind" || call === undefined) {
    return plan.add({ after: step, times: also === "everything" ? forGood : 1 }, fault)
  }
  const { backend, method, instance } = call
  const isKind = (other: faults.PortCall) =>
    other.backend === backend && other.method === method && other.instance === instance
  const after = calls.slice(0, step).filter(isKind).length
  const kind = { backend, method, ...(instance === undefined ? {} : { instance }) }
  return plan.add({ ...kind, after, times: forGood }, fault)
}

const setUp = Effect.fnUntraced(function* (cluster: Cluster, trial: Trial) {
  const { db } = yield* openClient(cluster)
  yield* set(places.memory, Uint8Array.of(7))(db).pipe(Effect.andThen(db.deleteObject("k")))
  yield* db.setObject({ key: "other", data: Uint8Array.of(9), ...places.memory })
  if (trial.before === undefined) return
  yield* set(places.memory, trial.before)(db)
  for (const copy of trial.copies ?? []) {
    const key = "k" as ObjectKey // A valid key.
    yield* putAt(cluster, copy, key, trial.before)
  }
})

const putAt = Effect.fnUntraced(function* (cluster: Cluster, place: Place, key: ObjectKey, data: Uint8Array) {
  const kind = place.type === "storage" ? "sql" : "redis"
  const { connections } = yield* openClient(cluster)
  // Ids of the test's own places are valid.
  const framedbId = place.framedbId as Parameters<typeof connections.acquire>[0]
  const { connection } = yield* connections.acquire(framedbId, kind)
  yield* connection.objects.setMany([{ key, data }])
  yield* cluster.objects.addCopy(key, { framedbId, type: place.type })
}, Effect.scoped)

const read = (db: Db) =>
  Effect.map(db.getObject("k"), ({ data }) => data).pipe(
    Effect.catchTag("ObjectNotFound", () => Effect.succeed(undefined)),
  )

const isOneOf = (found: Uint8Array | undefined, allowed: ReadonlyArray<Uint8Array | undefined>): boolean =>
  allowed.some((bytes) => (bytes === undefined ? found === undefined : found !== undefined && same(bytes, found)))

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

const tags = new Set(["BackendError", "InstanceNotFound", "InvalidArgument", "ObjectNotFound"])

/** What may be there after an end like this. */
const allowedAfter = (trial: Trial, exit: Exit.Exit<unknown, unknown>): ReadonlyArray<Uint8Array | undefined> => {
  if (Exit.isSuccess(exit)) return [trial.after]
  const failure = Cause.findErrorOption(exit.cause)
  assert.isTrue(Option.isSome(failure), Cause.pretty(exit.cause))
  const error: unknown = Option.getOrThrow(failure)
  assert.isTrue(typeof error === "object" && error !== null && "_tag" in error && tags.has(String(error._tag)))
  return error instanceof BackendError && error.maybeApplied ? [trial.before, trial.after] : [trial.before]
}

const attempt = Effect.fnUntraced(function* (trial: Trial, plan: faults.FaultPlan, begin: () => void) {
  const cluster = makeCluster()
  yield* setUp(cluster, trial)
  const sizes = trial.cacheSizeBytes === undefined ? {} : { cacheSizeBytes: trial.cacheSizeBytes }
  const { db } = yield* openClient(cluster, { decide: plan.decide, ...sizes })
  if (trial.isWarm) yield* Effect.ignore(db.getObject("k"))
  plan.takeCalls()
  begin()
  const { exit, millis } = yield* passing(trial.run(db))
  const calls = plan.takeCalls()
  plan.clear()
  return { cluster, db, exit, millis, calls }
})

/** Breaks one step of a trial in one way, and looks at what is left. */
const breakStep = Effect.fnUntraced(function* (
  trial: Trial,
  known: ReadonlyArray<faults.PortCall>,
  step: number,
  how: Break,
) {
  const plan = new faults.FaultPlan()
  const begin = () => void arm(plan, known, step, how)
  const { cluster, db, exit, millis, calls } = yield* attempt(trial, plan, begin)
  assert.isAtMost(millis, 30_000)
  assert.isAtMost(calls.length, 80)
  const allowed = allowedAfter(trial, exit)
  const { db: stranger } = yield* openClient(cluster)
  const found = yield* read(stranger)
  assert.isTrue(isOneOf(found, allowed), `another client reads ${found}, allowed are ${allowed.join(" or ")}`)
  assert.deepStrictEqual(yield* read(db), found, "the client reads what another reads")
  assert.deepStrictEqual((yield* stranger.getObject("other")).data, Uint8Array.of(9))
  if (Exit.isSuccess(exit) && trial.after !== undefined) {
    const info = yield* stranger.statObject("k")
    const at = trial.at ?? places.memory
    expect(info).toMatchObject({ ...at, sizeBytes: trial.after.byteLength })
    assert.deepStrictEqual(yield* storedAt(cluster, at, "k"), trial.after)
    for (const copy of info.copies) {
      const place = Object.values(places).find(({ framedbId }) => framedbId === copy.framedbId) ?? at
      assert.deepStrictEqual(yield* storedAt(cluster, place, "k"), trial.after, "a registered copy is current")
    }
  }
  const surelyNothing = allowed.length === 1 && allowed[0] === undefined
  // With everything gone nobody could have cleaned up.
  if (surelyNothing && Exit.isFailure(exit) && how.also !== "everything") {
    for (const place of Object.values(places)) {
      const bytes = yield* storedAt(cluster, place, "k")
      assert.isUndefined(bytes, `bytes are left on ${place.framedbId}`)
    }
  }
}, Effect.scoped)

const stepsOf = Effect.fnUntraced(function* (trial: Trial) {
  const { exit, calls } = yield* attempt(trial, new faults.FaultPlan(), () => {})
  assert.isTrue(Exit.isSuccess(exit), "without faults it succeeds")
  return calls
}, Effect.scoped)

describe("whatever step fails, in whatever way, what was acknowledged is there and the error tells the truth", () => {
  for (const [name, trial] of Object.entries(trials)) {
    it.effect(
      name,
      () =>
        Effect.gen(function* () {
          const calls = yield* stepsOf(trial)
          assert.isAbove(calls.length, 0)
          const broken: Array<string> = []
          for (const [step, call] of calls.entries()) {
            for (const [how, way] of Object.entries(breaks)) {
              const exit = yield* Effect.exit(breakStep(trial, calls, step, way))
              if (Exit.isFailure(exit)) broken.push(`step ${step}, ${call.method}, ${how}: ${Cause.squash(exit.cause)}`)
            }
          }
          assert.deepStrictEqual(broken, [])
        }),
      // A few hundred runs, on a machine that may do much else.
      60_000,
    )
  }
})
