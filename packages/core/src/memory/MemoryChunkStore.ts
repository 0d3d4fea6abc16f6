/**
 * Objects in chunks in this process's memory, beside a `MemoryObjectStore` of the same instance, with the leases and the
 * grace of a real store. Each call gives way to other fibers first, then acts at once.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ChunkVersion } from "../domain/Manifest.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import {
  type ChunkCommit,
  type ChunkLimits,
  type ChunkStore,
  type ChunkTimes,
  type CommitOutcome,
  defaultChunkTimes,
  type RemoveCondition,
  type StoredForm,
} from "../ports/ChunkStore.ts"

interface Committed {
  readonly version: ChunkVersion
  readonly manifest: string
}

/** Chunks, and until when they are kept where no manifest refers to them. */
interface Version {
  readonly chunks: Map<number, Uint8Array<ArrayBuffer>>
  dueMillis: number
}

/** The data of an instance, shared by the stores that are opened on it. */
export interface MemoryInstance {
  readonly values: Map<ObjectKey, Uint8Array<ArrayBuffer>>
  readonly manifests: Map<ObjectKey, Committed>
  readonly versions: Map<ChunkVersion, Version>
}

/** Makes an instance without data. */
export const emptyInstance = (): MemoryInstance => ({ values: new Map(), manifests: new Map(), versions: new Map() })

/** Whose chunks these are, and how they are kept. */
export interface MemoryChunkStoreOptions {
  readonly data: MemoryInstance
  readonly limits?: Partial<ChunkLimits>
  readonly times?: Partial<ChunkTimes>
}

/** The bounds of the real stores. */
export const chunkLimits: ChunkLimits = {
  chunkBytes: 1024 * 1024,
  maxChunks: 16_384,
  chunksInFlight: 4,
  extendMillis: 200_000,
}

/** Keeps a committed version from now on only for those who read it. */
const retire = (data: MemoryInstance, key: ObjectKey, dueMillis: number): boolean => {
  const committed = data.manifests.get(key)
  const version = committed === undefined ? undefined : data.versions.get(committed.version)
  if (version !== undefined) version.dueMillis = dueMillis
  return data.manifests.delete(key)
}

/** Removes a key's object of either form, and says whether there was one. */
export const removeObject = (data: MemoryInstance, key: ObjectKey, dueMillis: number): boolean => {
  const hadValue = data.values.delete(key)
  return retire(data, key, dueMillis) || hadValue
}

const holds = (data: MemoryInstance, key: ObjectKey, condition: RemoveCondition): boolean => {
  const isPlain = data.values.has(key)
  const current = isPlain ? undefined : data.manifests.get(key)?.version
  switch (condition._tag) {
    case "Any":
      return true
    case "Only":
      return current === condition.version
    case "Unless":
      return current !== condition.version
    case "Shadowed":
      return isPlain && data.manifests.has(key)
  }
}

/** Removes versions whose time has come. */
const sweep = (data: MemoryInstance, now: number): number => {
  const due = [...data.versions].filter(([, { dueMillis }]) => dueMillis <= now)
  for (const [version] of due) data.versions.delete(version)
  return due.length
}

const find = (data: MemoryInstance, key: ObjectKey): Option.Option<StoredForm> => {
  const value = data.values.get(key)
  if (value !== undefined) return Option.some({ _tag: "Plain", sizeBytes: value.byteLength })
  return Option.map(Option.fromUndefinedOr(data.manifests.get(key)), ({ manifest }) => ({ _tag: "Chunked", manifest }))
}

/** Whether a key holds something else than a version. */
const isOccupied = (data: MemoryInstance, key: ObjectKey, version: ChunkVersion): boolean => {
  const committed = data.manifests.get(key)
  return data.values.has(key) || (committed !== undefined && committed.version !== version)
}

const commit = (data: MemoryInstance, entry: ChunkCommit, dueMillis: number): CommitOutcome => {
  const { key, version, chunks, manifest, isInsert = false } = entry
  const written = data.versions.get(version)
  if (written === undefined || written.chunks.size < chunks) return "expired"
  if (isInsert && isOccupied(data, key, version)) return "occupied"
  if (data.manifests.get(key)?.version !== version) retire(data, key, dueMillis)
  written.dueMillis = Number.POSITIVE_INFINITY
  data.manifests.set(key, { version, manifest })
  data.values.delete(key)
  return "committed"
}

/** Makes a store on an instance's data. */
export const make = ({ data, ...options }: MemoryChunkStoreOptions): ChunkStore => {
  const times = { ...defaultChunkTimes, ...options.times }
  const later = <A>(run: (now: number) => A): Effect.Effect<A> =>
    Effect.andThen(Effect.yieldNow, Effect.map(Clock.currentTimeMillis, run))
  /** A version that is being written and still leased. */
  const leased = (version: ChunkVersion, now: number): Version | undefined => {
    const written = data.versions.get(version)
    return written !== undefined && written.dueMillis > now ? written : undefined
  }
  return {
    limits: { ...chunkLimits, extendMillis: Math.floor(times.leaseMillis / 3), ...options.limits },
    find: (key) => later(() => find(data, key)),
    begin: ({ version }) =>
      later((now) => {
        const chunks = data.versions.get(version)?.chunks ?? new Map()
        data.versions.set(version, { chunks, dueMillis: now + times.leaseMillis })
      }),
    extend: ({ version }) =>
      later((now) => {
        const written = leased(version, now)
        if (written !== undefined) written.dueMillis = now + times.leaseMillis
        return written !== undefined
      }),
    put: (chunk) =>
      later(() => {
        data.versions.get(chunk.version)?.chunks.set(chunk.index, new Uint8Array(chunk.data))
      }),
    commit: (entry) =>
      later((now) =>
        leased(entry.version, now) === undefined ? "expired" : commit(data, entry, now + times.graceMillis),
      ),
    discard: ({ version }) => later(() => void data.versions.delete(version)),
    get: ({ version, index }) =>
      later(() =>
        Option.map(
          Option.fromUndefinedOr(data.versions.get(version)?.chunks.get(index)),
          (chunk) => new Uint8Array(chunk),
        ),
      ),
    remove: (key, condition) =>
      later((now) => {
        if (!holds(data, key, condition)) return false
        const dueMillis = now + times.graceMillis
        return condition._tag === "Shadowed" ? retire(data, key, dueMillis) : removeObject(data, key, dueMillis)
      }),
    collect: later((now) => {
      const shadowed = [...data.manifests.keys()].filter((key) => data.values.has(key))
      for (const key of shadowed) retire(data, key, now + times.graceMillis)
      return { versions: sweep(data, now) + shadowed.length, hasMore: false }
    }),
  }
}
