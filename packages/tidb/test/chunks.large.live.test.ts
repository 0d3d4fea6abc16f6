import { fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { ClusterRegistry, FrameDB, FrameDBPrograms } from "@framedb/core"
import { MemoryObjectRouting, MemoryRedisBackend, MemoryStreamRouting, NoObjectCache } from "@framedb/core/memory"
import { provided } from "@framedb/testing/provided"
import { TiDBLive } from "@framedb/tidb"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { freshDatabase, sql } from "./support.ts"

const mebibyte = 1024 * 1024
const place = { framedbId: "s", type: "storage" } as const

/** FrameDB over one database, with a lease and a grace as given. */
const frameDB = (url: string, times: { readonly chunkLeaseMillis?: number; readonly chunkGraceMillis?: number } = {}) =>
  FrameDBPrograms.layer().pipe(
    Layer.provide([
      Layer.succeed(ClusterRegistry, {
        findInstance: (framedbId, kind) =>
          Effect.succeed(
            kind === "sql"
              ? Option.some({ framedbId, kind, url: Redacted.make(url), clusterId: undefined, metadata: {} })
              : Option.none(),
          ),
      }),
      MemoryObjectRouting.layer(),
      MemoryStreamRouting.layer(),
      MemoryRedisBackend.layer(),
      NoObjectCache.layer(),
      TiDBLive.layer(times),
    ]),
  )

/** A stream of some MiB that remembers the most memory that was in use while it ran. */
const watched = (mebibytes: number) => {
  const peak = { bytes: 0 }
  const note = () => {
    peak.bytes = Math.max(peak.bytes, process.memoryUsage().arrayBuffers)
  }
  const piece = (index: number) =>
    Effect.sync(() => {
      note()
      return new Uint8Array(mebibyte / 4).fill(index)
    })
  // Piece by piece: a range comes in one go, and a plain map would make all of them at once.
  const body = Stream.mapEffect(Stream.range(1, mebibytes * 4), piece)
  return { body, peak, note }
}

const countOf = (url: string, table: string) =>
  Effect.map(sql(url, `SELECT COUNT(*) AS n FROM ${table}`), ([row]) => Number(row?.["n"]))

describe("large objects on a SQL server", () => {
  it.live("go through a few chunks of memory, however large they are", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      yield* Effect.gen(function* () {
        const db = yield* FrameDB
        const { body, peak, note } = watched(192)
        const before = process.memoryUsage().arrayBuffers
        const info = yield* db.writeObject("large", body, place)
        assert.strictEqual(info.sizeBytes, 192 * mebibyte)
        const { stream } = yield* db.readObject("large")
        let bytes = 0
        yield* Stream.runForEach(stream, (piece) =>
          Effect.sync(() => {
            bytes += piece.byteLength
            note()
          }),
        )
        assert.strictEqual(bytes, 192 * mebibyte)
        // Garbage that is not collected yet counts here, too.
        assert.isBelow(peak.bytes - before, 128 * mebibyte)
        const [row] = yield* sql(url, "SELECT `key`, data FROM data_table")
        assert.deepStrictEqual({ ...row }, { key: "large", data: null })
      }).pipe(Effect.provide(frameDB(url)))
    }),
  )

  it.live("find a byte that was flipped in the table", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      yield* Effect.gen(function* () {
        const db = yield* FrameDB
        yield* db.writeObject("large", watched(6).body, place)
        yield* sql(url, "UPDATE framedb_chunks SET data = INSERT(data, 1000, 1, 'x') LIMIT 1")
        assert.strictEqual((yield* Effect.flip(db.getObject("large")))._tag, "IntegrityError")
        yield* db.writeObject("large", watched(6).body, place)
        yield* sql(
          url,
          "UPDATE framedb_manifests SET manifest = REPLACE(manifest, '\"sizeBytes\":6', '\"sizeBytes\":5')",
        )
        assert.strictEqual((yield* Effect.flip(db.getObject("large")))._tag, "IntegrityError")
      }).pipe(Effect.provide(frameDB(url)))
    }),
  )

  it.live("leave nothing behind when they are replaced, nor when their writer is killed", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      yield* Effect.gen(function* () {
        const db = yield* FrameDB
        yield* db.writeObject("large", watched(6).body, place)
        yield* db.writeObject("large", watched(7).body, place)
        const name = randomUUID()
        const child = fork(new URL("./chunks-endless-writer.ts", import.meta.url), [url, name], { silent: true })
        yield* Effect.promise(() => once(child.stdout ?? child, "data"))
        child.kill("SIGKILL")
        yield* Effect.promise(() => once(child, "exit"))
        assert.isAbove(yield* countOf(url, "framedb_chunks"), 20)
        yield* Effect.sleep("2 seconds")
        const { isDone } = yield* db.collectGarbage(place)
        assert.isTrue(isDone)
        assert.strictEqual(yield* countOf(url, "framedb_chunks"), 7)
        assert.strictEqual(yield* countOf(url, "framedb_versions"), 0)
        assert.isFalse(yield* db.objectExists(name))
        assert.strictEqual((yield* db.getObject("large")).sizeBytes, 7 * mebibyte)
      }).pipe(Effect.provide(frameDB(url, { chunkGraceMillis: 1000 })))
    }),
  )
})
