/** The places of the memory drill that are a Redis or a SQL server. */
import { ClusterRegistry, FrameDB, FrameDBPrograms, RedisBackend, TiDBBackend } from "@framedb/core"
import { MemoryObjectRouting, MemoryStreamRouting, NoObjectCache } from "@framedb/core/memory"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

const unused = { open: () => Effect.die("this instance is not used") }

const driverOf = async (place: string) => {
  if (place === "storage") return Layer.merge((await import("@framedb/tidb")).TiDBLive.layer(), noRedis)
  return Layer.merge((await import("@framedb/redis")).RedisLive.layer(), noTiDB)
}

const noRedis = Layer.succeed(RedisBackend, unused)
const noTiDB = Layer.succeed(TiDBBackend, unused)

/** Opens FrameDB on the one instance, without HTTP in between. */
export const openPlace = Effect.fnUntraced(function* (place: string, url: string) {
  const driver = yield* Effect.promise(() => driverOf(place))
  const layer = FrameDBPrograms.layer().pipe(
    Layer.provide([
      Layer.succeed(ClusterRegistry, {
        findInstance: (framedbId, kind) =>
          Effect.succeedSome({ framedbId, kind, url: Redacted.make(url), clusterId: undefined, metadata: {} }),
      }),
      MemoryObjectRouting.layer(),
      MemoryStreamRouting.layer(),
      NoObjectCache.layer(),
      driver,
    ]),
  )
  const db = Context.get(yield* Layer.build(layer), FrameDB)
  const instance = { framedbId: "large", type: place === "storage" ? "storage" : "in-memory" } as const
  return {
    write: (body: Stream.Stream<Uint8Array>) => Effect.asVoid(db.writeObject("large", body, instance)),
    read: Stream.unwrap(Effect.map(db.readObject("large"), ({ stream }) => stream)),
  }
})
