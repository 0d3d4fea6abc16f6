/** On real servers: one client copies an object to and fro while another moves and overwrites it. */
import { assert, layer } from "@effect/vitest"
import { FrameDB, FramedbId, ObjectKey } from "@framedb/core"
import { HttpObjectRouting } from "@framedb/routing"
import { LocalCluster } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { FrameDBLive } from "framedb"

const { redisUrl, sqlUrl } = provided()
const places = [
  { framedbId: "redis-1", type: "in-memory" },
  { framedbId: "sql-1", type: "storage" },
] as const

/** A client with connections of its own, that remembers neither objects nor routes. */
const openClient = Effect.gen(function* () {
  const { clusterUrl, routingUrl } = yield* LocalCluster.LocalCluster
  const options = { clusterUrl, routingUrl, cacheSizeBytes: 0, routeCacheEntries: 0, copySettleMillis: 0 }
  const services = yield* Layer.build(Layer.fresh(FrameDBLive.layer(options)))
  return Context.get(services, FrameDB)
})

/** Reads as a client that asks again where it finds nothing: what is put back is away for as long as two messages take. */
const read = (db: FrameDB["Service"], key: string) =>
  Effect.retry(db.getObject(key), {
    while: ({ _tag }) => _tag === "ObjectNotFound",
    schedule: Schedule.spaced(20),
    times: 50,
  })

interface Drill {
  readonly key: string
  readonly moves: number
  readonly sizeOf: (move: number) => number
}

const drill = Effect.fnUntraced(function* ({ key, moves, sizeOf }: Drill) {
  const [copier, mover, reader] = [yield* openClient, yield* openClient, yield* openClient]
  const dataOf = (move: number) => Buffer.alloc(sizeOf(move), `${key}:${move};`)
  yield* mover.setObject({ key, data: dataOf(0), ...places[0] })
  let isDone = false
  const { routingUrl } = yield* LocalCluster.LocalCluster
  const routing = yield* HttpObjectRouting.make({ url: routingUrl })
  // As a client of another kind does that overwrites an object: the copy's bytes stay, and are stale afterwards.
  const drop = (of: string, id: string) => routing.removeCopy(ObjectKey.make(of), FramedbId.make(id))
  const beside = [`${key}-before`, `${key}-beside`]
  for (const other of beside) yield* mover.setObject({ key: other, data: dataOf(0), ...places[0] })
  const copyTo = (id: string) =>
    Effect.gen(function* () {
      yield* Effect.ignore(copier.createBackup(key, id))
      yield* Effect.ignore(copier.removeCopy(key, id))
      yield* Effect.ignore(copier.createBulkBackup([key, ...beside], id))
      for (const dropped of [key, ...beside]) yield* Effect.ignore(drop(dropped, id))
      for (const [at, other] of beside.entries()) {
        yield* copier.setObject({ key: other, data: dataOf(at + 1), ...places[0] })
      }
      yield* Effect.ignore(copier.createBulkBackup([key, ...beside], id))
    })
  const copying = Effect.forEach(places, ({ framedbId }) => copyTo(framedbId), { discard: true })
  const fiber = yield* Effect.forkChild(Effect.repeat(copying, { until: () => isDone }))
  for (let move = 1; move <= moves; move++) {
    // Three times to and fro, then twice in place.
    const place = move % 5 < 3 ? places[move % 2 === 0 ? 0 : 1] : places[0]
    yield* mover.setObject({ key, data: dataOf(move), ...place })
    const { data } = yield* read(reader, key)
    assert.isTrue(Buffer.compare(data, dataOf(move)) === 0, `after move ${move}: ${Buffer.from(data.subarray(0, 60))}`)
  }
  isDone = true
  yield* Fiber.join(fiber)
  const { data, ...last } = yield* read(reader, key)
  assert.isTrue(Buffer.compare(data, dataOf(moves)) === 0, "the last write is there when all is done")
  const [other = places[0]] = places.filter(({ framedbId }) => framedbId !== last.framedbId)
  assert.include(
    (yield* copier.createBackup(key, other.framedbId)).copies.map(({ framedbId }) => `${framedbId}`),
    other.framedbId,
  )
  for (const one of [key, ...beside]) yield* mover.deleteObject(one)
}, Effect.scoped)

for (const [services, published] of [
  ["our services", false],
  ["the published services", true],
] as const) {
  const cluster = LocalCluster.layer({ redisUrl, sqlUrl, published })
  layer(cluster, { excludeTestServices: true, timeout: "60 seconds" })(
    `copies and moves at once, on ${services}`,
    (it) => {
      const keyOf = (name: string) => `${name}-${process.pid}-${published}`

      it.effect(
        "leave each write that was acknowledged where it can be read",
        () => drill({ key: keyOf("copies-and-moves"), moves: 150, sizeOf: (move) => 20 + (move % 3) * 1000 }),
        120_000,
      )

      it.effect(
        "do so with an object that is large in one of its places",
        () => drill({ key: keyOf("large-copies-and-moves"), moves: 8, sizeOf: (move) => 5_000_000 + move }),
        120_000,
      )
    },
  )
}
