import { assert, describe, it } from "@effect/vitest"
import { BackendError, backendReason, FrameDB, FrameDBPrograms, RedisBackend } from "@framedb/core"
import {
  MemoryClusterRegistry,
  MemoryObjectRouting,
  MemoryRedisBackend,
  MemoryStreamRouting,
  MemoryTiDBBackend,
  NoObjectCache,
} from "@framedb/core/memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { bytesOf, inlineBytes } from "./cluster.ts"

const chunkLimits = { chunkBytes: 300, maxChunks: 100 }
const r = { framedbId: "r", type: "in-memory" } as const

const away = new BackendError({
  backend: "redis",
  operation: "getChunk",
  reason: backendReason("Unavailable", "gone"),
  maybeApplied: false,
})

/** Redis in memory whose instances named here give so many chunks and then no more. */
const breaking = (left: Map<string, number>) =>
  Layer.effect(
    RedisBackend,
    Effect.map(RedisBackend, ({ open }) => ({
      open: (instance: Parameters<typeof open>[0]) =>
        Effect.map(open(instance), (connection) => ({
          ...connection,
          chunks: {
            ...connection.chunks,
            get: (chunk: Parameters<typeof connection.chunks.get>[0]) =>
              Effect.suspend(() => {
                const chunks = left.get(instance.framedbId) ?? Number.POSITIVE_INFINITY
                if (chunks === 0) return Effect.fail(away)
                left.set(instance.framedbId, chunks - 1)
                return connection.chunks.get(chunk)
              }),
          },
        })),
    })),
  ).pipe(Layer.provide(MemoryRedisBackend.layer({ limits: { inlineBytes }, chunkLimits })))

const layer = (left: Map<string, number>, sqlInlineBytes: number) =>
  FrameDBPrograms.layer({ retries: 0, copySettleMillis: 0 }).pipe(
    Layer.provide([
      MemoryClusterRegistry.layer(),
      MemoryObjectRouting.layer(),
      MemoryStreamRouting.layer(),
      breaking(left),
      MemoryTiDBBackend.layer({ limits: { inlineBytes: sqlInlineBytes }, chunkLimits }),
      NoObjectCache.layer(),
    ]),
  )

const read = (range?: { readonly offset: number; readonly length?: number }) =>
  Effect.gen(function* () {
    const { stream } = yield* (yield* FrameDB).readObject("k", range === undefined ? {} : { range })
    return Buffer.concat(yield* Stream.runCollect(stream))
  })

describe("readObject of an object whose place goes away in the middle", () => {
  const data = bytesOf(5000)
  for (const [form, sqlInlineBytes] of [
    ["in chunks", inlineBytes],
    ["as a value", 100_000],
  ] as const) {
    for (const chunks of [0, 1, 7]) {
      it.effect(`goes on from a copy ${form} after ${chunks} chunks, whole or a part`, () => {
        const left = new Map<string, number>()
        return Effect.gen(function* () {
          const db = yield* FrameDB
          yield* db.setObject({ key: "k", data, ...r })
          yield* db.createBackup("k", "s", "storage")
          left.set("r", chunks)
          assert.isTrue((yield* read()).equals(data))
          left.set("r", chunks)
          assert.isTrue((yield* read({ offset: 1234, length: 3000 })).equals(data.subarray(1234, 4234)))
        }).pipe(Effect.provide(layer(left, sqlInlineBytes)))
      })
    }
  }

  it.effect("fails with what happened where no copy is, or none of the same bytes", () => {
    const left = new Map<string, number>()
    return Effect.gen(function* () {
      const db = yield* FrameDB
      yield* db.setObject({ key: "k", data, ...r })
      left.set("r", 3)
      assert.strictEqual(yield* Effect.flip(read()), away)
      left.delete("r")
      yield* db.createBackup("k", "c", "in-memory")
      left.set("r", 3).set("c", 3)
      assert.strictEqual(yield* Effect.flip(read()), away)
    }).pipe(Effect.provide(layer(left, inlineBytes)))
  })
})
