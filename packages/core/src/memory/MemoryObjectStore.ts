/**
 * Objects in this process's memory, with the bounds and the manners of a real store: bytes are copied in and out, a
 * batch is applied whole or not at all, and every call gives way to other fibers before it does anything, so that a
 * program can't come to rely on an answer at once.
 */
import { hash } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { statedSize } from "../domain/Manifest.ts"
import { BackendError, backendReason } from "../errors/BackendError.ts"
import { type ChunkTimes, defaultChunkTimes } from "../ports/ChunkStore.ts"
import type { ObjectStore, StoreEntry, StoreLimits } from "../ports/ObjectStore.ts"
import { emptyInstance, type MemoryInstance, removeObject } from "./MemoryChunkStore.ts"

/** Which real store to behave like, and where the bytes are kept. */
export interface MemoryObjectStoreOptions {
  /** The backend that errors name. */
  readonly backend: "redis" | "sql"
  /** The instance's id, named by errors. */
  readonly instance?: string
  /** Bounds; those of the backend by default. */
  readonly limits?: Partial<StoreLimits>
  /** What the instance holds, shared by the stores that are opened on it. Empty by default. */
  readonly data?: MemoryInstance
  /** How long the chunks of removed objects are kept. */
  readonly times?: Partial<ChunkTimes>
}

/** The bounds of a Redis instance: keys as `ObjectKey` allows them, values up to 16 MiB. */
export const redisLimits: StoreLimits = {
  inlineBytes: 16 * 1024 * 1024,
  keyCharacters: undefined,
  reservedPrefix: "framedb:{",
  batchKeys: 64,
  batchBytes: 1024 * 1024,
  batchesInFlight: 4,
}

/** The bounds of a SQL instance: keys up to `VARCHAR(255)`, values below TiDB's 6 MiB a row. */
export const sqlLimits: StoreLimits = {
  inlineBytes: 4 * 1024 * 1024,
  keyCharacters: 255,
  batchKeys: 64,
  bulkKeys: 256,
  batchBytes: 1024 * 1024,
  batchesInFlight: 4,
}

const isEqual = (left: Uint8Array | undefined, right: Uint8Array | undefined): boolean =>
  left !== undefined && right !== undefined && Buffer.compare(left, right) === 0

const characters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Makes an empty store, or one on the bytes that are given. */
export const make = (options: MemoryObjectStoreOptions): ObjectStore => {
  const instance = options.data ?? emptyInstance()
  const data = instance.values
  const { graceMillis } = { ...defaultChunkTimes, ...options.times }
  const limits = { ...(options.backend === "redis" ? redisLimits : sqlLimits), ...options.limits }

  const refused = (operation: string, message: string) =>
    new BackendError({
      backend: options.backend,
      operation,
      ...(options.instance === undefined ? {} : { instance: options.instance }),
      reason: backendReason("Rejected", message),
      maybeApplied: false,
    })

  const problemOf = ({ key, data }: StoreEntry): string | undefined => {
    if (limits.keyCharacters !== undefined && characters(key) > limits.keyCharacters) {
      return `a key has at most ${limits.keyCharacters} characters here`
    }
    return data.byteLength > limits.inlineBytes ? `a value has at most ${limits.inlineBytes} bytes here` : undefined
  }

  /** Runs a batch after giving way. A batch beyond the limit is a bug of the program that made it. */
  const batch = <A>(keys: { readonly length: number }, run: () => A): Effect.Effect<A> =>
    Effect.andThen(
      Effect.yieldNow,
      Effect.sync(() => {
        const most = limits.bulkKeys ?? limits.batchKeys
        if (keys.length > most) throw new RangeError(`a batch has at most ${most} keys`)
        return run()
      }),
    )

  const write = <A>(operation: string, entries: ReadonlyArray<StoreEntry>, run: () => A) =>
    Effect.flatMap(
      batch(entries, () => {
        for (const entry of entries) {
          const problem = problemOf(entry)
          if (problem !== undefined) return Effect.fail(refused(operation, problem))
        }
        return Effect.succeed(run())
      }),
      (outcome) => outcome,
    )

  return {
    limits,
    getMany: (keys) => batch(keys, () => keys.map((key) => Option.map(Option.fromUndefinedOr(data.get(key)), copyOf))),
    // As SQL servers can.
    ...(options.backend === "sql"
      ? {
          digestMany: (keys) =>
            batch(keys, () => keys.map((key) => Option.map(Option.fromUndefinedOr(data.get(key)), digestOf))),
        }
      : {}),
    setMany: (entries) =>
      write("setMany", entries, () => {
        for (const entry of entries) data.set(entry.key, copyOf(entry.data))
      }),
    replaceMany: (entries) =>
      write("replaceMany", entries, () =>
        entries.map((entry) => {
          const exists = data.has(entry.key)
          if (exists) data.set(entry.key, copyOf(entry.data))
          return exists
        }),
      ),
    insertMany: (entries) =>
      write("insertMany", entries, () => {
        const last = new Map(entries.map((entry) => [entry.key, entry.data]))
        for (const [key, bytes] of last) {
          if (!data.has(key) && !instance.manifests.has(key)) data.set(key, copyOf(bytes))
        }
        return entries.map(({ key }) => isEqual(data.get(key), last.get(key)))
      }),
    sizeMany: (keys) =>
      batch(keys, () =>
        keys.map((key) => {
          const manifest = instance.manifests.get(key)?.manifest
          const size = data.get(key)?.byteLength ?? (manifest === undefined ? undefined : statedSize(manifest))
          return Option.fromUndefinedOr(size)
        }),
      ),
    deleteMany: (keys) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        batch(keys, () => {
          const removed = new Set([...new Set(keys)].filter((key) => removeObject(instance, key, now + graceMillis)))
          return keys.map((key) => removed.has(key))
        }),
      ),
    deleteManyIfEqual: (entries) =>
      batch(entries, () => entries.map((entry) => isEqual(data.get(entry.key), entry.data) && data.delete(entry.key))),
  }
}

const digestOf = (bytes: Uint8Array): string => hash("sha256", bytes, "hex")

/** Copies bytes into a buffer of their own, whatever view they came in. */
const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const copy = new Uint8Array(bytes.byteLength)
  copy.set(bytes)
  return copy
}
