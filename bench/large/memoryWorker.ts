/**
 * Writes a large object to one instance and reads it back, in a process that does nothing else, and sends its parent what
 * each took. Arguments: `in-memory` or `storage`, the instance's URL, the size in MiB.
 */
import { ClusterRegistry, FrameDB, FrameDBPrograms, RedisBackend, TiDBBackend } from "@framedb/core"
import { MemoryObjectRouting, MemoryStreamRouting, NoObjectCache } from "@framedb/core/memory"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

const mebibyte = 1024 * 1024
const [type = "", url = "", size = ""] = process.argv.slice(2)
const mebibytes = Number(size)
const place = { framedbId: "large", type: type === "storage" ? "storage" : "in-memory" } as const

let peakBytes = 0
const look = () => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}

/** The most resident memory since it was last asked, in MiB. */
const takePeak = () => {
  look()
  const peak = Math.round(peakBytes / mebibyte)
  peakBytes = 0
  return peak
}

// Only the driver that is used is loaded.
const { RedisLive, TiDBLive } =
  type === "storage"
    ? { ...(await import("@framedb/tidb")), RedisLive: undefined }
    : { ...(await import("@framedb/redis")), TiDBLive: undefined }
const unused = { open: () => Effect.die("this instance is not used") }

const layer = FrameDBPrograms.layer().pipe(
  Layer.provide([
    Layer.succeed(ClusterRegistry, {
      findInstance: (framedbId, kind) =>
        Effect.succeedSome({ framedbId, kind, url: Redacted.make(url), clusterId: undefined, metadata: {} }),
    }),
    MemoryObjectRouting.layer(),
    MemoryStreamRouting.layer(),
    NoObjectCache.layer(),
    RedisLive?.layer() ?? Layer.succeed(RedisBackend, unused),
    TiDBLive?.layer() ?? Layer.succeed(TiDBBackend, unused),
  ]),
)

const piece = (index: number) =>
  Effect.sync(() => {
    look()
    return new Uint8Array(mebibyte / 4).fill(index)
  })

const measured = Effect.fnUntraced(function* <A, E, R>(name: string, work: Effect.Effect<A, E, R>) {
  const [duration] = yield* Effect.timed(work)
  const rate = Math.round((mebibytes / Duration.toMillis(duration)) * 1000)
  process.send?.({ name: `${name} ${type}`, peak: takePeak(), rate })
})

const drill = Effect.gen(function* () {
  const db = yield* FrameDB
  const body = Stream.mapEffect(Stream.range(1, mebibytes * 4), piece)
  yield* measured("write to", db.writeObject("large", body, place))
  const read = Effect.flatMap(db.readObject("large"), ({ stream }) =>
    Stream.runForEach(stream, () => Effect.sync(look)),
  )
  yield* measured("read from", read)
  yield* db.deleteObject("large")
})

look()
await Effect.runPromise(Effect.provide(drill, layer))
process.disconnect()
