/** FrameDB in memory with small batches, and the bytes of each exchange. */
import { FrameDBPrograms, type ObjectConnection, RedisBackend, type StoredValues, TiDBBackend } from "@framedb/core"
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
import * as Option from "effect/Option"

/** The bytes of a batch. */
export const batchBytes = 4000
const limits = { inlineBytes: 1000, batchBytes }
const chunkLimits = { chunkBytes: 300, maxChunks: 100 }

const bytesIn = (values: StoredValues): number =>
  values.reduce((sum, value) => sum + Option.match(value, { onNone: () => 0, onSome: (data) => data.byteLength }), 0)

/** The programs over memory, and the bytes of every exchange that read or inserted objects. */
export const watched = () => {
  const reads: Array<number> = []
  const inserts: Array<number> = []
  const watch = <Connection extends ObjectConnection>(connection: Connection): Connection => ({
    ...connection,
    objects: {
      ...connection.objects,
      getMany: (keys) =>
        Effect.tap(connection.objects.getMany(keys), (values) => Effect.sync(() => reads.push(bytesIn(values)))),
      insertMany: (entries) => {
        inserts.push(entries.reduce((sum, { data }) => sum + data.byteLength, 0))
        return connection.objects.insertMany(entries)
      },
    },
  })
  const redis = MemoryRedisBackend.make({ limits, chunkLimits })
  const tidb = MemoryTiDBBackend.make({ limits, chunkLimits })
  const ports = Layer.mergeAll(
    MemoryClusterRegistry.layer(),
    MemoryObjectRouting.layer(),
    MemoryStreamRouting.layer(),
    Layer.succeed(RedisBackend, { open: (instance) => Effect.map(redis.open(instance), watch) }),
    Layer.succeed(TiDBBackend, { open: (instance) => Effect.map(tidb.open(instance), watch) }),
    NoObjectCache.layer(),
  )
  const programs = FrameDBPrograms.layer({ retryDelayMillis: 0, copySettleMillis: 0 })
  return { reads, inserts, layer: Layer.provideMerge(programs, ports) }
}
