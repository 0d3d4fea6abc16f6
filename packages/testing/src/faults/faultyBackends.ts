import type { Instance, ObjectConnection, RedisBackend, TiDBBackend } from "@framedb/core"
import * as Effect from "effect/Effect"
import { type Decide, type PortCall, through } from "./Fault.ts"
import { faultyQueues } from "./faultyQueues.ts"
import { faultyChunkStore, faultyObjectStore } from "./faultyStores.ts"

const callOf = (instance: Instance, method: string): PortCall => ({
  backend: instance.kind,
  method,
  instance: instance.framedbId,
  keys: [],
})

const faultyConnection = (instance: Instance, connection: ObjectConnection, decide: Decide): ObjectConnection => ({
  objects: faultyObjectStore(instance, connection.objects, decide),
  chunks: faultyChunkStore(instance, connection.chunks, decide),
  ping: through(decide, callOf(instance, "ping"), connection.ping),
})

/** Redis instances whose opening and whose calls on objects and queues go through faults. */
export const faultyRedis = (backend: RedisBackend["Service"], decide: Decide): RedisBackend["Service"] => ({
  open: (instance) =>
    Effect.map(through(decide, callOf(instance, "open"), backend.open(instance)), (connection) => {
      const { objects, chunks, ping } = faultyConnection(instance, connection, decide)
      return { objects, chunks, ping, queues: faultyQueues(instance, connection.queues, decide) }
    }),
})

/** SQL instances whose opening and calls go through faults. */
export const faultyTiDB = (backend: TiDBBackend["Service"], decide: Decide): TiDBBackend["Service"] => ({
  open: (instance) =>
    Effect.map(through(decide, callOf(instance, "open"), backend.open(instance)), (connection) =>
      faultyConnection(instance, connection, decide),
    ),
})
