import { expect, it } from "@effect/vitest"
import { FramedbId, type Instance, RedisBackend, TiDBBackend } from "@framedb/core"
import { MemoryRedisBackend, MemoryTiDBBackend } from "@framedb/core/memory"
import { ObjectStoreUnderTest, objectStoreSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { asKey } from "./keys.ts"

const mebibyte = 1024 * 1024

const instance = (id: string, kind: "redis" | "sql"): Instance => ({
  framedbId: FramedbId.make(id),
  kind,
  url: Redacted.make("memory://"),
  clusterId: undefined,
  metadata: {},
})

const openRedis = (id: string) => Effect.flatMap(RedisBackend, (backend) => backend.open(instance(id, "redis")))
const openSql = (id: string) => Effect.flatMap(TiDBBackend, (backend) => backend.open(instance(id, "sql")))

objectStoreSuite("an object store in memory, as Redis", {
  layer: Layer.effect(
    ObjectStoreUnderTest,
    Effect.map(openRedis("a"), ({ objects }) => objects),
  ).pipe(Layer.provide(MemoryRedisBackend.layer())),
  capability: { inlineBytes: 16 * mebibyte, keyCharacters: undefined },
  runs: 200,
})

objectStoreSuite("an object store in memory, as TiDB", {
  layer: Layer.effect(
    ObjectStoreUnderTest,
    Effect.map(openSql("a"), ({ objects }) => objects),
  ).pipe(Layer.provide(MemoryTiDBBackend.layer())),
  capability: { inlineBytes: 4 * mebibyte, keyCharacters: 255 },
  runs: 200,
})

const key = asKey("k")
const data = Uint8Array.of(1, 2, 3)

it.effect("keeps the bytes of an instance when its connection closes", () =>
  Effect.gen(function* () {
    yield* Effect.scoped(Effect.flatMap(openRedis("a"), ({ objects }) => objects.setMany([{ key, data }])))
    const again = yield* openRedis("a")
    expect(yield* again.objects.getMany([key])).toEqual([Option.some(data)])
    const other = yield* openRedis("b")
    expect(yield* other.objects.getMany([key])).toEqual([Option.none()])
  }).pipe(Effect.provide(MemoryRedisBackend.layer())),
)

it.effect("refuses to work through a closed connection", () =>
  Effect.gen(function* () {
    const { objects, ping } = yield* Effect.scoped(openSql("a"))
    for (const call of [objects.getMany([key]), objects.setMany([{ key, data }]), ping]) {
      const error = yield* Effect.flip(call)
      expect(error).toMatchObject({ _tag: "BackendError", backend: "sql", instance: "a", maybeApplied: false })
      expect(error).toMatchObject({ reason: { _tag: "Unavailable" } })
    }
  }).pipe(Effect.provide(MemoryTiDBBackend.layer())),
)

it.effect("refuses what is beyond a bound, and writes nothing of that batch", () =>
  Effect.gen(function* () {
    const { objects } = yield* openSql("a")
    const tooLarge = { key: asKey("large"), data: new Uint8Array(4 * mebibyte + 1) }
    const tooLong = { key: asKey("😀".repeat(256)), data }
    for (const entry of [tooLarge, tooLong]) {
      const error = yield* Effect.flip(objects.setMany([{ key, data }, entry]))
      expect(error).toMatchObject({ _tag: "BackendError", reason: { _tag: "Rejected" }, maybeApplied: false })
      expect(yield* objects.getMany([key])).toEqual([Option.none()])
    }
  }).pipe(Effect.provide(MemoryTiDBBackend.layer())),
)

it.effect("writes nothing when it is interrupted before its turn", () =>
  Effect.gen(function* () {
    const { objects } = yield* openRedis("a")
    const fiber = yield* Effect.forkChild(objects.setMany([{ key, data }]), { startImmediately: true })
    yield* Fiber.interrupt(fiber)
    expect(yield* objects.getMany([key])).toEqual([Option.none()])
  }).pipe(Effect.provide(MemoryRedisBackend.layer())),
)
