import type { ChunkStore, Instance, ObjectStore, StoreEntry } from "@framedb/core"
import { type Decide, type PortCall, through } from "./Fault.ts"

const callOf =
  (instance: Instance) =>
  (method: string, keys: ReadonlyArray<string> = []): PortCall => ({
    backend: instance.kind,
    method,
    instance: instance.framedbId,
    keys,
  })

const keysOf = (entries: ReadonlyArray<StoreEntry>) => entries.map(({ key }) => key)

/** The objects of an instance, whose calls go through faults. */
export const faultyObjectStore = (instance: Instance, store: ObjectStore, decide: Decide): ObjectStore => {
  const call = callOf(instance)
  const { digestMany } = store
  return {
    limits: store.limits,
    ...(digestMany === undefined
      ? {}
      : { digestMany: (keys) => through(decide, call("digestMany", keys), digestMany(keys)) }),
    getMany: (keys) => through(decide, call("getMany", keys), store.getMany(keys)),
    setMany: (entries) => through(decide, call("setMany", keysOf(entries)), store.setMany(entries)),
    replaceMany: (entries) => through(decide, call("replaceMany", keysOf(entries)), store.replaceMany(entries)),
    insertMany: (entries) => through(decide, call("insertMany", keysOf(entries)), store.insertMany(entries)),
    sizeMany: (keys) => through(decide, call("sizeMany", keys), store.sizeMany(keys)),
    deleteMany: (keys) => through(decide, call("deleteMany", keys), store.deleteMany(keys)),
    deleteManyIfEqual: (entries) =>
      through(decide, call("deleteManyIfEqual", keysOf(entries)), store.deleteManyIfEqual(entries)),
  }
}

/** The chunks of an instance, whose calls go through faults. */
export const faultyChunkStore = (instance: Instance, store: ChunkStore, decide: Decide): ChunkStore => {
  const call = callOf(instance)
  return {
    limits: store.limits,
    find: (key) => through(decide, call("findChunked", [key]), store.find(key)),
    begin: (range) => through(decide, call("beginChunks", [range.key]), store.begin(range)),
    extend: (range) => through(decide, call("extendChunks", [range.key]), store.extend(range)),
    put: (chunk) => through(decide, call("putChunk", [chunk.key]), store.put(chunk)),
    commit: (commit) => through(decide, call("commitChunks", [commit.key]), store.commit(commit)),
    discard: (range) => through(decide, call("discardChunks", [range.key]), store.discard(range)),
    get: (chunk) => through(decide, call("getChunk", [chunk.key]), store.get(chunk)),
    remove: (key, condition) => through(decide, call("removeChunked", [key]), store.remove(key, condition)),
    collect: through(decide, call("collectChunks"), store.collect),
  }
}
