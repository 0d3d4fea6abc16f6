/** A source and a sink in memory, and storages that break on purpose. */
import {
  CustomObjectStorage,
  MemoryObjectStorage,
  type ObjectKey,
  ObjectNotFound,
  type ObjectStorageService,
  readBytes,
  storageError,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type {
  BackupProperties,
  BackupSink,
  BackupSource,
  RestoredObject,
} from "../../src/programs/backups/BackupSource.ts"
import { collectBytes } from "../../src/storage/collectBytes.ts"

/** The cast holds for the well-formed texts of these tests. */
export const asKey = (text: string): ObjectKey => text as ObjectKey

/** An object as the fakes hold it. */
export interface HeldObject extends Omit<BackupProperties, "key"> {
  readonly bytes: Uint8Array
}

/** Objects by key. */
export type Held = Map<string, HeldObject>

const pieces = (bytes: Uint8Array, size: number) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  )

/** Objects with everything that a backup keeps. */
export const makeObjects = (count: number, sizeBytes = 100, label = "object"): Held =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `${label}/${index}`,
      {
        framedbId: `redis-${index % 3}`,
        type: index % 2 === 0 ? ("in-memory" as const) : ("storage" as const),
        metadata: { index, name: `Nº ${index} 100%`, nested: { list: [1, null, "x"] } },
        content: { serializer: "json", contentType: "application/json" },
        bytes: Uint8Array.from({ length: sizeBytes }, (_, at) => at * 7 + index),
      },
    ]),
  )

/** A source over held objects that counts how often bytes are read. */
export const makeSource = (held: Held): BackupSource<ObjectNotFound> & { readonly reads: () => number } => {
  let reads = 0
  return {
    reads: () => reads,
    open: (key) => {
      const object = held.get(key)
      if (object === undefined) return Effect.fail(new ObjectNotFound({ key }))
      return Effect.succeed({
        ...object,
        key,
        sizeBytes: object.bytes.byteLength,
        bytes: Effect.sync(() => {
          reads++
          return object.bytes.slice()
        }),
        stream: pieces(object.bytes, 1000),
      })
    },
  }
}

/** A sink that keeps what it is given, atomically, as the contract asks. */
export const makeSink = (held: Held = new Map()): BackupSink<never> & { readonly held: Held } => ({
  held,
  write: ({ body, key, sizeBytes: _, ...properties }: RestoredObject) =>
    Effect.map(body instanceof Uint8Array ? Effect.succeed(body) : collectBytes(body), (bytes) => {
      held.set(key, { ...properties, bytes: bytes.slice() })
    }),
})

/** A storage that counts puts, fails when told to, and can have bytes of its objects changed. */
export interface FragileStorage extends ObjectStorageService {
  readonly puts: () => ReadonlyArray<string>
  /** From now on every put dies as a killed process does: nothing after it happens. */
  readonly failPutsAfter: (count: number) => void
  readonly flip: (name: string, at: number) => Effect.Effect<void>
  readonly names: Effect.Effect<ReadonlyArray<string>>
}

/** Wraps a storage. */
export const fragile = (inner: ObjectStorageService): FragileStorage => {
  const puts: Array<string> = []
  let left = Number.POSITIVE_INFINITY
  return {
    capabilities: inner.capabilities,
    puts: () => puts,
    failPutsAfter: (count) => {
      left = count
    },
    put: (name, body, options) =>
      Effect.suspend(() => {
        if (left-- <= 0) return Effect.fail(storageError("put", "Rejected", "the process was killed"))
        return Effect.tap(inner.put(name, body, options), (outcome) =>
          Effect.sync(() => {
            if (outcome === "written") puts.push(name)
          }),
        )
      }),
    get: inner.get,
    stat: inner.stat,
    delete: inner.delete,
    list: inner.list,
    names: Effect.map(Effect.orDie(Stream.runCollect(inner.list(""))), (listed) =>
      listed.map(({ name }) => name).sort(),
    ),
    flip: (name, at) =>
      Effect.gen(function* () {
        const { bytes, info } = Option.getOrThrow(yield* readBytes(inner, name))
        const index = at < 0 ? bytes.length + at : at
        bytes[index] = (bytes[index] ?? 0) ^ 1
        yield* inner.put(name, bytes, { attributes: info.attributes })
      }).pipe(Effect.orDie),
  }
}

/** The storages that the backup programs must work with alike. */
export const storages: Readonly<Record<string, () => ObjectStorageService>> = {
  "with attributes": () => MemoryObjectStorage.make(),
  "with sidecars": () => MemoryObjectStorage.make({ attributeBytes: 0 }),
  "of two methods": () => {
    const held = new Map<string, Uint8Array>()
    return CustomObjectStorage.make({
      backend: { upload: (name, bytes) => held.set(name, bytes.slice()), download: (name) => held.get(name) },
    })
  },
}
