import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { ClusterRegistry, FrameDB, FrameDBPrograms, type Instance, slotOf } from "@framedb/core"
import { MemoryObjectRouting, MemoryStreamRouting, MemoryTiDBBackend, NoObjectCache } from "@framedb/core/memory"
import { RedisLive } from "@framedb/redis"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Redis } from "ioredis"
import { SlotTags } from "../src/chunks/SlotTags.ts"
import { instanceAt } from "./instanceAt.ts"

const mebibyte = 1024 * 1024
const place = { framedbId: "redis-under-test", type: "in-memory" } as const

const frameDB = (instance: Instance) =>
  FrameDBPrograms.layer().pipe(
    Layer.provide([
      Layer.succeed(ClusterRegistry, {
        findInstance: (_, kind) => Effect.succeed(kind === "redis" ? Option.some(instance) : Option.none()),
      }),
      MemoryObjectRouting.layer(),
      MemoryStreamRouting.layer(),
      MemoryTiDBBackend.layer(),
      NoObjectCache.layer(),
      RedisLive.layer({ chunkLeaseMillis: 1500, chunkGraceMillis: 500 }),
    ]),
  )

const bytes = (mebibytes: number, seed = 1) =>
  Stream.map(Stream.range(1, mebibytes * 4), (index) => new Uint8Array(mebibyte / 4).fill(index * seed))

const client = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Redis(url)),
    (redis) => Effect.sync(() => redis.disconnect()),
  )

describe("large objects on a Redis server", () => {
  it.live("are absent for others, find a flipped byte, and leave nothing behind", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const redis = yield* client(server.url)
      yield* Effect.gen(function* () {
        const db = yield* FrameDB
        const key = `{large}${randomUUID()}`
        yield* db.writeObject(key, bytes(20), place)
        assert.strictEqual(yield* Effect.promise(() => redis.get(key)), null)
        assert.strictEqual((yield* db.getObject(key)).sizeBytes, 20 * mebibyte)
        const chunks = yield* Effect.promise(() => redis.keys("framedb:*:chunk:*"))
        assert.strictEqual(chunks.length, 20)
        assert.strictEqual(yield* Effect.promise(() => redis.ttl(chunks[0] ?? "")), -1)
        yield* Effect.promise(() => redis.setrange(chunks[3] ?? "", 1000, "x"))
        assert.strictEqual((yield* Effect.flip(db.getObject(key)))._tag, "IntegrityError")
        yield* Effect.promise(() => redis.set(key, "plain"))
        assert.deepStrictEqual(Buffer.from((yield* db.getObject(key)).data).toString(), "plain")
        yield* db.collectGarbage(place)
        yield* Effect.sleep("1 second")
        assert.deepStrictEqual(yield* Effect.promise(() => redis.keys("framedb:*")), [])
        assert.deepStrictEqual(yield* Effect.promise(() => redis.get(key)), "plain")
      }).pipe(Effect.provide(frameDB(instanceAt(server.url))))
    }),
  )

  it.live("keep a slow writer's chunks until it is done", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      yield* Effect.gen(function* () {
        const db = yield* FrameDB
        const slow = Stream.mapEffect(bytes(18), (piece, index) =>
          Effect.as(index % 24 === 23 ? Effect.sleep("1 second") : Effect.void, piece),
        )
        yield* db.writeObject("slow", slow, place)
        assert.strictEqual((yield* db.getObject("slow")).sizeBytes, 18 * mebibyte)
      }).pipe(Effect.provide(frameDB(instanceAt(server.url))))
    }),
  )
})

describe("slot tags", () => {
  it.live("share the slot of any key, as Redis computes it", () =>
    Effect.gen(function* () {
      const tags = new SlotTags()
      assert.strictEqual(slotOf("123456789"), 0x31c3)
      for (const key of ["a", "{a}", "{}a", "{}{a}", "{{a}}", "a{", "}a{b", "{a}{b}", "x{y}z", "😀{ü}", "{a", ""]) {
        assert.strictEqual(slotOf(`framedb:{${tags.of(key)}}:manifest:${key}`), slotOf(key), key)
      }
      assert.strictEqual(slotOf("{}x}"), slotOf("{}x}"))
      assert.notStrictEqual(slotOf("{}x}"), slotOf("x"))
      assert.strictEqual(slotOf("{user}.a"), slotOf("user"))
      for (let index = 0; index < 20_000; index++) {
        assert.strictEqual(slotOf(`{${tags.of(`k${index}`)}}`), slotOf(`k${index}`))
      }
    }),
  )
})
