import { randomBytes } from "node:crypto"
import { assert, describe, it, layer } from "@effect/vitest"
import { type ChunkStore, makeChunkVersion, type ObjectStore } from "@framedb/core"
import { SqlServer } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { freshDatabase, key, withStore } from "./support.ts"

const kibibyte = 1024

/** Around the length from which bytes are lent to the socket, and around that of a chunk's. */
const lengths = [1, 64 * kibibyte - 1, 64 * kibibyte, 64 * kibibyte + 1, 1024 * kibibyte - 1, 1024 * kibibyte]

/** Puts chunks of every length on more connections than one, twice, and reads each back. */
const putsAndGets = (chunks: ChunkStore) =>
  Effect.gen(function* () {
    const version = makeChunkVersion()
    const name = { key: key("lent"), version }
    yield* chunks.begin({ ...name, chunks: lengths.length })
    const all = lengths.map((byteLength, index) => ({ ...name, index, data: new Uint8Array(randomBytes(byteLength)) }))
    yield* Effect.forEach([...all, ...all], chunks.put, { concurrency: 4 })
    for (const { data, index } of all) {
      const found = yield* chunks.get({ ...name, index })
      assert.isTrue(Option.isSome(found) && Buffer.from(found.value).equals(data), `${data.byteLength} bytes differ`)
    }
    yield* chunks.discard({ ...name, chunks: all.length })
  })

/** Sets batches of values of every length, at once and again with other bytes, and reads each back. */
const setsAndGets = (objects: ObjectStore) =>
  Effect.gen(function* () {
    const batchOf = (name: string, fill: string) =>
      [0, 1, 250, 251, ...lengths.slice(0, 4)].map((byteLength) => ({
        key: key(`${name}-${byteLength}-ä語`),
        data: new Uint8Array(byteLength).fill(fill.charCodeAt(0)),
      }))
    const names = Array.from({ length: 12 }, (_, index) => `batch-${index}`)
    for (const fill of ["a", "b"]) {
      const batches = names.map((name) => batchOf(name, `${fill}${name}`))
      yield* Effect.forEach(batches, objects.setMany, { concurrency: 4 })
      yield* Effect.forEach(batches, objects.replaceMany, { concurrency: 4 })
      for (const batch of batches) {
        const found = yield* objects.getMany(batch.map((entry) => entry.key))
        assert.isTrue(
          batch.every(
            ({ data }, index) => Buffer.compare(Option.getOrThrow(found[index] ?? Option.none()), data) === 0,
          ),
        )
      }
    }
  })

describe("values of every length", () => {
  it.live("are stored in batches as they are, also where connections forget what they have prepared", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      yield* withStore(url, ({ objects }) => setsAndGets(objects))
      yield* withStore(url, ({ objects }) => setsAndGets(objects), { maxPreparedStatements: 1 })
    }).pipe(Effect.scoped),
  )
})

describe("chunks of every length", () => {
  it.live("are stored as they are, also where connections forget what they have prepared", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      yield* withStore(url, ({ chunks }) => putsAndGets(chunks))
      yield* withStore(url, ({ chunks }) => putsAndGets(chunks), { maxPreparedStatements: 1 })
    }).pipe(Effect.scoped),
  )

  it.live("may be refused and put again", () =>
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      const version = makeChunkVersion()
      yield* withStore(url, ({ chunks }) =>
        Effect.gen(function* () {
          // There is no table yet: the statement can't be prepared, and what was lent for it is not sent with the next one.
          const chunk = { key: key("refused"), version, index: 0, data: new Uint8Array(randomBytes(1024 * kibibyte)) }
          const error = yield* Effect.flip(chunks.put(chunk))
          assert.strictEqual(error.reason._tag, "Rejected")
          yield* putsAndGets(chunks)
        }),
      )
    }).pipe(Effect.scoped),
  )
})

const user = { name: "lender", password: "secret" }

layer(SqlServer.layer({ tls: true, user }), { excludeTestServices: true, timeout: "60 seconds" })("with TLS", (it) => {
  it.effect("chunks of every length are stored as they are", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      yield* withStore(`${server.urlFor(user)}?sslmode=require`, ({ chunks }) => putsAndGets(chunks))
    }),
  )
})
