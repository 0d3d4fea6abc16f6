/** Connections whose calls are counted, a batch at a time. */
import * as Effect from "effect/Effect"
import type { InstanceKind } from "../../domain/FramedbType.ts"
import type { ChunkStore } from "../../ports/ChunkStore.ts"
import type { ObjectStore } from "../../ports/ObjectStore.ts"
import type { RedisConnection } from "../../ports/RedisBackend.ts"
import type { TiDBConnection } from "../../ports/TiDBBackend.ts"
import type { TrafficCounts } from "../../ports/Traffic.ts"

const counter = (traffic: TrafficCounts, kind: InstanceKind) => {
  /** A call with many items, made once. */
  const batches = <Item, A>(operation: string, run: (items: ReadonlyArray<Item>) => A) => {
    const count = traffic.of(kind, operation)
    return (items: ReadonlyArray<Item>): A => {
      count.note(items.length)
      return run(items)
    }
  }
  /** A call that may be made anew each time it is run. */
  const calls = <A, E>(operation: string, run: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      traffic.of(kind, operation).note(1)
      return run
    })
  /** The same as `batches` for a call that answers a callback. */
  const starts = <Item, R>(operation: string, start: (items: ReadonlyArray<Item>, resume: R) => void) => {
    const count = traffic.of(kind, operation)
    return (items: ReadonlyArray<Item>, resume: R): void => {
      count.note(items.length)
      start(items, resume)
    }
  }
  return { batches, calls, starts }
}

type Counter = ReturnType<typeof counter>

const countedObjects = ({ batches, starts }: Counter, store: ObjectStore): ObjectStore => ({
  limits: store.limits,
  getMany: batches("getMany", store.getMany),
  ...(store.startGetMany === undefined ? {} : { startGetMany: starts("getMany", store.startGetMany) }),
  ...(store.digestMany === undefined ? {} : { digestMany: batches("digestMany", store.digestMany) }),
  setMany: batches("setMany", store.setMany),
  replaceMany: batches("replaceMany", store.replaceMany),
  insertMany: batches("insertMany", store.insertMany),
  sizeMany: batches("sizeMany", store.sizeMany),
  deleteMany: batches("deleteMany", store.deleteMany),
  deleteManyIfEqual: batches("deleteManyIfEqual", store.deleteManyIfEqual),
})

const countedChunks = ({ calls }: Counter, store: ChunkStore): ChunkStore => ({
  limits: store.limits,
  find: (key) => calls("findChunked", store.find(key)),
  begin: (range) => calls("beginChunks", store.begin(range)),
  extend: (range) => calls("extendChunks", store.extend(range)),
  put: (chunk) => calls("putChunk", store.put(chunk)),
  commit: (commit) => calls("commitChunks", store.commit(commit)),
  discard: (range) => calls("discardChunks", store.discard(range)),
  get: (chunk) => calls("getChunk", store.get(chunk)),
  remove: (key, condition) => calls("removeChunked", store.remove(key, condition)),
  collect: calls("collectChunks", store.collect),
})

/** A connection to a Redis, its calls on objects and chunks counted. Queues have metrics of their own. */
export const countedRedis = (traffic: TrafficCounts, connection: RedisConnection): RedisConnection => {
  const counted = counter(traffic, "redis")
  return {
    objects: countedObjects(counted, connection.objects),
    chunks: countedChunks(counted, connection.chunks),
    queues: connection.queues,
    ping: connection.ping,
  }
}

/** A connection to a SQL server, its calls counted. */
export const countedTiDB = (traffic: TrafficCounts, connection: TiDBConnection): TiDBConnection => {
  const counted = counter(traffic, "sql")
  return {
    objects: countedObjects(counted, connection.objects),
    chunks: countedChunks(counted, connection.chunks),
    ping: connection.ping,
  }
}
