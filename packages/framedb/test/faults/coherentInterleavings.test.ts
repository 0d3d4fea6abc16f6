import { assert, it } from "@effect/vitest"
import type { FrameDB } from "@framedb/core"
import { MemoryCacheInvalidation } from "@framedb/core/memory"
import type { faults } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { makeCluster, openClient, passing, places, settle } from "./cluster.ts"

type Db = FrameDB["Service"]

const keys = ["a", "b"] as const

/** One step: wait for some turns, then act. */
interface Step {
  readonly client: 0 | 1
  readonly key: (typeof keys)[number]
  readonly pause: number
  readonly act: keyof typeof places | "get" | "delete" | "break" | "heal"
}

const step: fc.Arbitrary<Step> = fc.record({
  client: fc.constantFrom(0 as const, 1 as const),
  key: fc.constantFrom(...keys),
  pause: fc.nat(4),
  act: fc.constantFrom("memory", "memory", "memory", "storage", "get", "get", "get", "get", "delete", "break", "heal"),
})

/** What happens, and for how many turns each call of a backend is held up before and after it is made. */
const script = fc.record({ steps: fc.array(step, { maxLength: 24 }), holds: fc.array(fc.nat(6), { minLength: 1 }) })

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
const turns = (count: number) => Effect.forEach(Array.from({ length: count }), () => turn, { discard: true })

const holding = (holds: ReadonlyArray<number>): faults.Decide => {
  let calls = 0
  return () => {
    const count = holds[calls++ % holds.length] ?? 0
    return { _tag: count % 2 === 0 ? "HoldAnswer" : "HoldRequest", until: turns(count) }
  }
}

const read = (db: Db, key: string) =>
  Effect.match(db.getObject(key), {
    onSuccess: ({ data }) => data.join(),
    onFailure: ({ _tag }): string => _tag,
  })

const play = Effect.fnUntraced(function* ({ steps, holds }: typeof script extends fc.Arbitrary<infer A> ? A : never) {
  const cluster = makeCluster()
  const bus = new MemoryCacheInvalidation.MemoryInvalidationBus()
  const options = { bus, decide: holding(holds), routeCacheMillis: 3_600_000 }
  const clients = [(yield* openClient(cluster, options)).db, (yield* openClient(cluster, options)).db] as const
  const plain = (yield* openClient(cluster, { cacheSizeBytes: 0, routeCacheEntries: 0 })).db
  const running: Array<Effect.Effect<unknown>> = []
  for (const [index, { client, key, pause, act }] of steps.entries()) {
    yield* turns(pause)
    const db = clients[client]
    if (act === "break") bus.disconnect()
    else if (act === "heal") bus.connect()
    else {
      const data = Uint8Array.of(index, client)
      const call: Effect.Effect<unknown, unknown> =
        act === "get"
          ? db.getObject(key)
          : act === "delete"
            ? db.deleteObject(key)
            : db.setObject({ key, data, ...places[act] })
      const fiber = yield* Effect.forkChild(Effect.ignore(call), { startImmediately: true })
      running.push(Effect.ignore(Effect.callback<void>((resume) => void fiber.addObserver(() => resume(Effect.void)))))
    }
  }
  yield* passing(Effect.all(running, { discard: true }))
  yield* settle
  bus.connect()
  yield* settle
  for (const key of keys) {
    const { exit: stored } = yield* passing(read(plain, key))
    for (const db of clients) {
      for (const _ of [1, 2]) assert.deepEqual((yield* passing(read(db, key))).exit, stored)
    }
  }
})

/** More than enough to find what was found; a search for more sets the variable. */
const numRuns = Number(process.env["FRAMEDB_PROPERTY_RUNS"] ?? 200)

it.effect(
  "whatever two clients write at once, and however the channel breaks, once all is said both read what is stored",
  () =>
    Effect.gen(function* () {
      const run = Effect.runPromiseWith(yield* Effect.context<never>())
      const tried = fc.asyncProperty(script, (given) => run(Effect.scoped(play(given))))
      yield* Effect.promise(() => fc.assert(tried, { numRuns }))
    }),
  60_000,
)
