// Run by a test in a process of its own, which nothing but what a client leaves behind could keep alive.
import { FrameDB } from "@framedb/core"
import * as Effect from "effect/Effect"
import { FrameDBClient, FrameDBLive } from "framedb"

const [url = "", scenario = ""] = process.argv.slice(2)
const options = { clusterUrl: url, routingUrl: url, redis: { connectTimeoutMillis: 2_000 } }

const key = (name: string) => `leave-${process.pid}-${name}`
const memory = { framedbId: "redis-1", type: "in-memory" } as const
const storage = { framedbId: "sql-1", type: "storage" } as const
const data = new Uint8Array(10)
const quietly = (promise: Promise<unknown>) => promise.catch(() => undefined)

const useEverything = async (db: FrameDBClient) => {
  for (const place of [memory, storage]) {
    await db.setObject({ key: key(place.type), data, ...place })
    await db.getObject(key(place.type))
    await db.statObject(key(place.type))
  }
  await db.getObjects([key("in-memory"), key("storage"), key("absent")])
  for await (const _ of db.listObjects({ prefix: key("") })) break
  await db.deleteObject(key("in-memory"))
}

const useCoherently = async (framedbId: string) => {
  await using db = new FrameDBClient({ ...options, metrics: true, coherence: { framedbId } })
  await useEverything(db)
}

const scenarios: Record<string, () => Promise<void>> = {
  use: async () => {
    await using db = new FrameDBClient(options)
    await useEverything(db)
  },
  nothing: async () => {
    await using _ = new FrameDBClient(options)
  },
  neverClosed: async () => {
    new FrameDBClient(options)
  },
  errors: async () => {
    await using db = new FrameDBClient(options)
    await quietly(db.getObject(key("absent")))
    await quietly(db.getObject(""))
    await quietly(db.setObject({ key: key("a"), data, framedbId: "unknown", type: "in-memory" }))
    await quietly(db.setObject({ key: key("b"), data, framedbId: "away", type: "in-memory" }))
    await quietly(db.setObject({ key: key("c"), data, framedbId: "away", type: "storage" }))
  },
  abandoned: async () => {
    await using db = new FrameDBClient(options)
    await useEverything(db)
    for (let index = 0; index < 50; index++) {
      void quietly(db.getObject(key(`absent ${index}`)))
      void quietly(db.setObject({ key: key(`${index}`), data, ...(index % 2 === 0 ? memory : storage) }))
    }
  },
  abandonedBeforeConnected: async () => {
    await using db = new FrameDBClient(options)
    void quietly(db.setObject({ key: key("a"), data, ...memory }))
    void quietly(db.setObject({ key: key("b"), data, ...storage }))
  },
  abandonedWhileRetrying: async () => {
    await using db = new FrameDBClient({ ...options, retries: 50, retryDelayMillis: 1_000 })
    await useEverything(db)
    void quietly(db.setObject({ key: key("a"), data, framedbId: "away", type: "in-memory" }))
    void quietly(db.setObject({ key: key("b"), data, framedbId: "silent", type: "in-memory" }))
    void quietly(db.setObject({ key: key("c"), data, framedbId: "silent", type: "storage" }))
    await new Promise((resolve) => setTimeout(resolve, 200))
  },
  aborted: async () => {
    await using db = new FrameDBClient(options)
    const signal = AbortSignal.timeout(100)
    await quietly(db.setObject({ key: key("a"), data, framedbId: "silent", type: "in-memory" }, { signal }))
    await quietly(db.setObject({ key: key("b"), data, framedbId: "silent", type: "storage" }, { signal }))
  },
  leftLoop: async () => {
    await using db = new FrameDBClient(options)
    await useEverything(db)
    for await (const _ of db.listObjects()) break
  },
  effect: async () => {
    const program = Effect.gen(function* () {
      const db = yield* FrameDB
      yield* db.setObject({ key: key("a"), data, ...memory })
      yield* Effect.forkChild(db.setObject({ key: key("b"), data, framedbId: "silent", type: "storage" }))
      yield* Effect.yieldNow
    })
    await Effect.runPromise(Effect.provide(program, FrameDBLive.layer(options)))
  },
  coherent: () => useCoherently("redis-1"),
  coherentAway: () => useCoherently("away"),
  coherentSilent: () => useCoherently("silent"),
}

const run = scenarios[scenario]
if (run === undefined) throw new Error(`no scenario ${scenario}`)
await run()
// A socket that was destroyed is gone a turn later.
await new Promise((resolve) => setTimeout(resolve, 20))
process.stdout.write(JSON.stringify({ left: process.getActiveResourcesInfo() }))
const ended = performance.now()
process.once("exit", () => process.stderr.write(`${performance.now() - ended}`))
