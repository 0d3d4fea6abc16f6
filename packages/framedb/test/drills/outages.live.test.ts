import { expect, layer } from "@effect/vitest"
import { BackendError, FrameDB } from "@framedb/core"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { FrameDBLive } from "framedb"
import { BrokenCluster, type BrokenClusterHandle, layer as clusterLayer, impatient } from "./brokenCluster.ts"

type Db = FrameDB["Service"]
type Part = "redis" | "sql" | "routing"

const places = {
  redis: { framedbId: "redis", type: "in-memory" },
  sql: { framedbId: "sql", type: "storage" },
} as const
type Target = keyof typeof places

const openClient = Effect.fnUntraced(function* ({ url }: BrokenClusterHandle) {
  const services = yield* Layer.build(FrameDBLive.layer(impatient(url)))
  return Context.get(services, FrameDB)
})

const timed = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const begun = performance.now()
  const exit = yield* Effect.exit(effect)
  return { exit, millis: performance.now() - begun }
})

interface Timed {
  readonly exit: Exit.Exit<unknown, unknown>
  readonly millis: number
}

const failureOf = ({ exit, millis }: Timed) => ({
  error: Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined,
  millis,
})

/** Repeats what fails until it succeeds, for at most ten seconds. */
const eventually = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.retry(Schedule.spaced(50)), Effect.timeout("10 seconds"), Effect.orDie)

/** Nothing here waits for more than two attempts, each through the deadlines of both services and a database. */
const longestMillis = 12_000

const older = Uint8Array.of(1, 1, 1)
const newer = Uint8Array.of(2, 2, 2)

let keys = 0
const freshKey = () => `drill-${process.pid}-${++keys}`

interface Drill {
  readonly part: Part
  readonly at: number
  readonly when: "before" | "after"
  readonly target: Target
  readonly isWarm: boolean
}

interface Trial {
  readonly key: string
  readonly run: (db: Db) => Effect.Effect<unknown, unknown>
  /** What a reader may find where the error says that nothing was applied, and where it says that it may have been. */
  readonly before: Uint8Array | undefined
  readonly after: Uint8Array | undefined
}

const read = (db: Db, key: string) =>
  Effect.map(db.getObject(key), ({ data }) => data).pipe(
    Effect.catchTag("ObjectNotFound", () => Effect.succeed(undefined)),
  )

const allowedAfter = ({ before, after }: Trial, exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit)) return [after]
  const error = Cause.squash(exit.cause)
  expect(error).toBeInstanceOf(BackendError)
  return error instanceof BackendError && error.maybeApplied ? [before, after] : [before]
}

/** Kills a server at one step, brings it back, and looks at what is left; says whether there was such a step. */
const killAt = Effect.fnUntraced(function* (drill: Drill, makeTrial: (db: Db) => Effect.Effect<Trial, unknown>) {
  const cluster = yield* BrokenCluster
  const { server, wire } = cluster[drill.part]
  const setUp = yield* openClient(cluster)
  const trial = yield* makeTrial(setUp)
  const db = yield* openClient(cluster)
  if (drill.isWarm) yield* Effect.ignore(db.getObject(trial.key))
  const act = () => Effect.runPromise(server.kill)
  const disarm = wire.arm({ at: drill.at, when: drill.when, act })
  const { exit, millis } = yield* timed(trial.run(db))
  const hasTripped = disarm()
  expect(millis).toBeLessThan(longestMillis)
  if (!hasTripped) {
    expect(Exit.isSuccess(exit)).toBe(true)
    return false
  }
  yield* server.restart
  const allowed = allowedAfter(trial, exit)
  const found = yield* eventually(read(db, trial.key))
  expect(allowed).toContainEqual(found)
  expect(yield* eventually(read(yield* openClient(cluster), trial.key))).toEqual(found)
  // What failed succeeds with the same client, once the server is back.
  yield* eventually(trial.run(db))
  expect(yield* eventually(read(db, trial.key))).toEqual(trial.after)
  return true
}, Effect.scoped)

/** Kills the server at every step that there is. */
const killAtEveryStep = Effect.fnUntraced(function* (
  drill: Omit<Drill, "at">,
  makeTrial: (db: Db) => Effect.Effect<Trial, unknown>,
) {
  let at = 1
  while (yield* killAt({ ...drill, at }, makeTrial)) at++
  return at - 1
})

const settingNew = (target: Target) => () =>
  Effect.sync((): Trial => {
    const key = freshKey()
    const run = (db: Db) => db.setObject({ key, data: newer, ...places[target] })
    return { key, run, before: undefined, after: newer }
  })

const overwriting = (target: Target) => (db: Db) =>
  Effect.gen(function* () {
    const key = freshKey()
    yield* eventually(db.setObject({ key, data: older, ...places[target] }))
    const run = (other: Db) => other.setObject({ key, data: newer, ...places[target] })
    return { key, run, before: older, after: newer } satisfies Trial
  })

const reading = (target: Target) => (db: Db) =>
  Effect.gen(function* () {
    const key = freshKey()
    yield* eventually(db.setObject({ key, data: older, ...places[target] }))
    const run = (other: Db) => Effect.map(other.getObject(key), ({ data }) => expect(data).toEqual(older))
    return { key, run, before: older, after: older } satisfies Trial
  })

layer(clusterLayer, { excludeTestServices: true, timeout: "60 seconds" })("a server that is killed", (it) => {
  const drills: ReadonlyArray<readonly [string, Omit<Drill, "at">, (db: Db) => Effect.Effect<Trial, unknown>, number]> =
    [
      ["Redis, setting", { part: "redis", target: "redis", when: "before", isWarm: false }, settingNew("redis"), 2],
      [
        "Redis, done unanswered",
        { part: "redis", target: "redis", when: "after", isWarm: false },
        settingNew("redis"),
        2,
      ],
      ["Redis, overwriting", { part: "redis", target: "redis", when: "after", isWarm: true }, overwriting("redis"), 1],
      ["Redis, reading", { part: "redis", target: "redis", when: "before", isWarm: false }, reading("redis"), 2],
      ["routing, setting", { part: "routing", target: "redis", when: "before", isWarm: false }, settingNew("redis"), 2],
      [
        "routing, done unanswered",
        { part: "routing", target: "redis", when: "after", isWarm: false },
        settingNew("redis"),
        2,
      ],
      ["routing, reading", { part: "routing", target: "redis", when: "after", isWarm: false }, reading("redis"), 2],
      ["SQL, overwriting", { part: "sql", target: "sql", when: "after", isWarm: true }, overwriting("sql"), 1],
      ["SQL, setting", { part: "sql", target: "sql", when: "before", isWarm: true }, settingNew("sql"), 2],
    ]
  for (const [name, drill, makeTrial, least] of drills) {
    it.effect(`${name}: a typed error in bounded time, nothing lost, and recovery by itself, at every step`, () =>
      Effect.gen(function* () {
        expect(yield* killAtEveryStep(drill, makeTrial)).toBeGreaterThanOrEqual(least)
      }),
    )
  }
})

layer(clusterLayer, { excludeTestServices: true, timeout: "60 seconds" })("a server that is frozen", (it) => {
  for (const part of ["redis", "sql", "routing"] as const) {
    it.effect(`${part}: calls end with Timeout in bounded time, and succeed when it goes on`, () =>
      Effect.gen(function* () {
        const cluster = yield* BrokenCluster
        const target = part === "sql" ? "sql" : "redis"
        const db = yield* openClient(cluster)
        const key = freshKey()
        yield* db.setObject({ key, data: older, ...places[target] })
        yield* cluster[part].server.pause
        const set = yield* timed(db.setObject({ key: freshKey(), data: newer, ...places[target] }))
        const get = yield* timed(db.getObject(part === "routing" ? freshKey() : key))
        yield* cluster[part].server.resume
        for (const { error, millis } of [failureOf(set), failureOf(get)]) {
          expect(millis).toBeLessThan(longestMillis)
          expect(error).toMatchObject({ _tag: "BackendError", isRetryable: true })
        }
        expect(yield* eventually(read(db, key))).toEqual(older)
        yield* eventually(db.setObject({ key, data: newer, ...places[target] }))
        expect(yield* read(db, key)).toEqual(newer)
      }),
    )
  }
})
