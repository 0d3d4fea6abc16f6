import { createHash, randomBytes } from "node:crypto"
import { expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { FrameDBClient } from "framedb"
import { BrokenCluster, layer as clusterLayer, impatient } from "./brokenCluster.ts"

const memory = { framedbId: "redis", type: "in-memory" } as const
const storage = { framedbId: "sql", type: "storage" } as const
const keys = Array.from({ length: 1_000 }, (_, index) => `load-${index}`)

/** A client for the scope. */
const openClient = Effect.flatMap(BrokenCluster, ({ url }) =>
  Effect.acquireRelease(
    Effect.sync(() => new FrameDBClient({ ...impatient(url), http: {} })),
    (client) => Effect.promise(() => client.close()),
  ),
)

const digestOf = (data: Uint8Array) => createHash("sha256").update(data).digest("hex")

const outcome = async (promise: Promise<unknown>) => {
  const begun = performance.now()
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, millis: performance.now() - begun }
}

layer(clusterLayer, { excludeTestServices: true, timeout: "60 seconds" })("a client under load", (it) => {
  for (const place of [memory, storage]) {
    const most = place.type === "storage" ? 16 : 1

    it.effect(
      `opens at most ${most} connections for a thousand calls at once that find nothing open, ${place.type}`,
      () =>
        Effect.gen(function* () {
          const cluster = yield* BrokenCluster
          const { wire } = cluster[place.framedbId]
          const writer = yield* openClient
          const before = wire.connections()
          yield* Effect.promise(() =>
            Promise.all(
              keys.map((key) => writer.setObject({ key: `${place.type}-${key}`, data: Buffer.from(key), ...place })),
            ),
          )
          expect(wire.connections() - before).toBeLessThanOrEqual(most)
          const reader = yield* openClient
          const between = wire.connections()
          const objects = yield* Effect.promise(() =>
            Promise.all(keys.map((key) => reader.getObject(`${place.type}-${key}`))),
          )
          expect(wire.connections() - between).toBeLessThanOrEqual(most)
          expect(objects.map(({ data }) => Buffer.from(data).toString())).toEqual(keys)
        }).pipe(Effect.scoped),
    )
  }

  it.effect("stops a call at once when its signal is aborted, on servers that do not answer", () =>
    Effect.gen(function* () {
      const { redis, routing } = yield* BrokenCluster
      const client = yield* openClient
      const data = Uint8Array.of(1)
      yield* Effect.promise(() => client.setObject({ key: "aborted", data, ...memory }))
      for (const { server } of [redis, routing]) {
        yield* server.pause
        const reason = new Error("no more")
        const calls: ReadonlyArray<(signal: AbortSignal) => Promise<unknown>> = [
          (signal) => client.getObject("aborted-absent", { signal }),
          (signal) => client.setObject({ key: "aborted", data, ...memory }, { signal }),
          (signal) => client.setObject({ key: "aborted-new", data, ...memory }, { signal }),
          (signal) => client.deleteObject("aborted", { signal }),
          (signal) => client.getObjects(["aborted", "aborted-too"], { signal }),
        ]
        for (const call of calls) {
          const controller = new AbortController()
          const pending = outcome(call(controller.signal))
          yield* Effect.sleep(30)
          controller.abort(reason)
          const { error, millis } = yield* Effect.promise(() => pending)
          // A call that needs nothing of the frozen server may have ended before.
          expect([reason, undefined]).toContain(error instanceof Error && error !== reason ? undefined : error)
          expect(millis).toBeLessThan(300)
        }
        yield* server.resume
      }
    }).pipe(Effect.scoped),
  )

  it.effect(
    "stores 20 MiB in either kind, and gives back the same bytes, also after an overwrite by a small object",
    () =>
      Effect.gen(function* () {
        const client = yield* openClient
        const reader = yield* openClient
        const data = randomBytes(20 * 1024 * 1024)
        for (const place of [memory, storage]) {
          const key = `large-${place.type}`
          const info = yield* Effect.promise(() => client.setObject({ key, data, ...place }))
          expect(info.sizeBytes).toBe(data.byteLength)
          const object = yield* Effect.promise(() => reader.getObject(key))
          expect(digestOf(object.data)).toBe(digestOf(data))
          yield* Effect.promise(() => client.setObject({ key, data: Uint8Array.of(1), ...place }))
          expect((yield* Effect.promise(() => reader.getObject(key))).data).toEqual(Uint8Array.of(1))
          expect(yield* Effect.promise(() => client.deleteObject(key))).toBe(true)
        }
      }).pipe(Effect.scoped),
  )
})
