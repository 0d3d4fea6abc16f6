import { randomUUID } from "node:crypto"
import { expect, layer } from "@effect/vitest"
import { FrameDB } from "@framedb/core"
import { LocalCluster } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FrameDBLive } from "framedb"
import { createConnection } from "mysql2/promise"
import { makePython, type Python, type PythonPlace } from "./python.ts"

const { redisUrl, sqlUrl } = provided()

class PythonClient extends Context.Service<PythonClient, Python>()("framedb/test/Python") {}

/** A table of Python's in a database of its own, since other tests share the server. */
const databaseOfItsOwn = Effect.acquireRelease(
  Effect.promise(async () => {
    const name = `python_${randomUUID().replaceAll("-", "")}`
    const connection = await createConnection(sqlUrl)
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
    await connection.end()
    const url = new URL(sqlUrl)
    url.pathname = `/${name}`
    return { name, url: url.href }
  }),
  ({ name }) =>
    Effect.promise(async () => {
      const connection = await createConnection(sqlUrl)
      await connection.query(`DROP DATABASE ${name}`)
      await connection.end()
    }),
)

const both = (published: boolean) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const own = yield* databaseOfItsOwn
      const cluster = yield* LocalCluster.make({ redisUrl, sqlUrl: own.url, published })
      const { clusterUrl, routingUrl } = cluster
      const python = yield* makePython(routingUrl, redisUrl, own.url, { "redis-1": 0, "redis-2": 1 })
      // Made by Python, with the folding collation that a table has when nobody says otherwise.
      yield* Effect.promise(() => python.writeBytes("python was here", Buffer.of(1), storage))
      const live = yield* Layer.build(FrameDBLive.layer({ clusterUrl, routingUrl, ...beliefs }))
      return Context.make(PythonClient, python).pipe(
        Context.add(LocalCluster.LocalCluster, cluster),
        Context.add(FrameDB, Context.get(live, FrameDB)),
      )
    }),
  )

/** How long this client believes what it remembers: short enough for a test to wait for. */
const believedMillis = 300
const beliefs = { routeCacheMillis: believedMillis, routeConfirmMillis: 0, cache: { ttlMillis: believedMillis } }

const memory = { framedbId: "redis-1", type: "in-memory" } as const
const otherMemory = { framedbId: "redis-2", type: "in-memory" } as const
const storage = { framedbId: "sql-1", type: "storage" } as const
const places = [memory, storage] as const

const prefix = `py-${randomUUID()}-`
const namesOf = (published: boolean) => [
  "plain",
  "Case",
  "with space",
  "%41",
  "a%2Fb",
  "?#&=+",
  "ünï😀code",
  "{braces}",
  "..",
  // The published service can't be reached by the path of such an id, not by Python either.
  ...(published ? [] : ["a/b", "a//b/"]),
]
const padded = (length: number) => prefix.padEnd(length, "k")
const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index))

const afterBelief = Effect.sleep(believedMillis + 50)

for (const published of [false, true]) {
  const name = `beside a Python client, on ${published ? "the published services" : "our server"}`
  layer(both(published), { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    const keysFor = (place: PythonPlace) => [
      ...namesOf(published).map((each) => `${prefix}${place.type}-${each}`),
      padded(255).slice(0, 254) + place.type.slice(0, 1),
      ...(place.type === "in-memory" ? [padded(256)] : []),
    ]

    it.effect("what Python writes is read, whatever its key, under either name of its kind", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        for (const place of places) {
          const older = place.type === "storage" ? "persistent" : "memory"
          for (const [index, key] of keysFor(place).entries()) {
            const written = index % 2 === 0 ? place : { ...place, type: older as typeof older }
            yield* Effect.promise(() => python.setObject(key, bytes, written, { by: "python" }))
            const object = yield* db.getObject(key)
            expect(object).toMatchObject({ key, ...place, sizeBytes: 256, metadata: { by: "python" } })
            expect(Buffer.from(object.data)).toEqual(bytes)
          }
        }
      }),
    )

    it.effect("what is set is read by Python, the empty object too", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        for (const place of places) {
          for (const [index, key] of keysFor(place).entries()) {
            const ours = key.length > 200 ? key : `${key}-ours`
            const data = index % 3 === 0 ? new Uint8Array(0) : bytes
            yield* db.setObject({ key: ours, data, ...place, metadata: { by: "us" } })
            const found = yield* Effect.promise(() => python.getObject(ours))
            expect(found).toEqual(Buffer.from(data))
            const route = yield* Effect.promise(() => python.route(ours))
            expect(route).toMatchObject({
              framedb_id: place.framedbId,
              framedb_type: place.type,
              size: data.byteLength,
              metadata: { by: "us" },
            })
          }
        }
      }),
    )

    it.effect("an overwrite by Python is seen within the time that anything is believed", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        for (const place of places) {
          const key = `${prefix}overwritten-${place.type}`
          yield* db.setObject({ key, data: Uint8Array.of(1), ...place })
          yield* db.getObject(key)
          yield* Effect.promise(() => python.setObject(key, Buffer.from("longer"), place, { n: 2 }))
          yield* afterBelief
          const object = yield* db.getObject(key)
          expect(object).toMatchObject({ metadata: { n: 2 }, sizeBytes: 6 })
          expect(Buffer.from(object.data).toString()).toBe("longer")
        }
      }),
    )

    it.effect("an object that Python moved is found, and moved back leaves nothing behind", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        const key = `${prefix}moved`
        yield* db.setObject({ key, data: Uint8Array.of(1), ...memory })
        // Python leaves the old bytes where they were.
        yield* Effect.promise(() => python.setObject(key, Buffer.of(2), storage))
        yield* afterBelief
        expect(yield* db.getObject(key)).toMatchObject({ data: Uint8Array.of(2), ...storage })
        yield* db.setObject({ key, data: Uint8Array.of(3), ...memory })
        expect(yield* Effect.promise(() => python.getObject(key))).toEqual(Buffer.of(3))
        expect(yield* Effect.promise(() => python.readBytes(key, storage.framedbId, storage.type))).toBeUndefined()
      }),
    )

    it.effect("an object that Python moved is set back at once, although the old bytes still lie in their place", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        const key = `${prefix}moved-unnoticed`
        yield* db.setObject({ key, data: Uint8Array.of(1), ...memory })
        yield* Effect.promise(() => python.setObject(key, Buffer.of(2), storage))
        yield* db.setObject({ key, data: Uint8Array.of(3), ...memory })
        expect(yield* Effect.promise(() => python.getObject(key))).toEqual(Buffer.of(3))
        expect(yield* db.statObject(key)).toMatchObject(memory)
      }),
    )

    it.effect("Python's copies are known, and are current after an overwrite", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        const key = `${prefix}copied`
        yield* Effect.promise(() => python.setObject(key, Buffer.of(1), memory))
        yield* Effect.promise(() => python.addCopy(key, Buffer.of(1), otherMemory))
        expect((yield* db.statObject(key)).copies).toEqual([otherMemory])
        const { copies } = yield* db.setObject({ key, data: Uint8Array.of(2), ...memory })
        for (const { framedbId, type } of copies) {
          expect(yield* Effect.promise(() => python.readBytes(key, framedbId, type))).toEqual(Buffer.of(2))
        }
        const route = yield* Effect.promise(() => python.route(key))
        expect(route?.copies.map((copy) => copy.framedb_id)).toEqual(copies.map((copy) => copy.framedbId))
      }),
    )

    it.effect("in Python's table, which folds case, a key that would take another's place is refused", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        const [upper, lower] = [`${prefix}Folded`, `${prefix}folded`]
        yield* Effect.promise(() => python.setObject(upper, Buffer.of(1), storage))
        const refused = yield* Effect.flip(db.setObject({ key: lower, data: Uint8Array.of(2), ...storage }))
        expect(refused).toMatchObject({ _tag: "InvalidArgument", argument: "key" })
        expect((yield* db.getObject(upper)).data).toEqual(Uint8Array.of(1))
        expect(yield* db.objectExists(lower)).toBe(false)
        yield* db.setObject({ key: upper, data: Uint8Array.of(3), ...storage })
        expect(yield* Effect.promise(() => python.getObject(upper))).toEqual(Buffer.of(3))
      }),
    )

    it.effect("an object that Python deleted is gone, and can be set anew", () =>
      Effect.gen(function* () {
        const db = yield* FrameDB
        const python = yield* PythonClient
        const { routingUrl } = yield* LocalCluster.LocalCluster
        const key = `${prefix}deleted`
        yield* db.setObject({ key, data: Uint8Array.of(1), ...memory })
        yield* Effect.promise(() => fetch(`${routingUrl}/framedb/objects/${key}`, { method: "DELETE" }))
        yield* afterBelief
        expect(yield* Effect.flip(db.getObject(key))).toMatchObject({ _tag: "ObjectNotFound" })
        yield* db.setObject({ key, data: Uint8Array.of(2), ...memory })
        expect(yield* Effect.promise(() => python.getObject(key))).toEqual(Buffer.of(2))
      }),
    )
  })
}
