/** Object storage in this process's memory, with the manners of a real one: for tests and for trying things out. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { maxKeyBytes } from "../domain/ObjectKey.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import * as OptionRules from "../errors/OptionRules.ts"
import type { StorageAttributes, StoredInfo } from "../ports/ObjectStorage.ts"
import { ObjectStorage, type ObjectStorageService, type StorageCapabilities } from "../ports/ObjectStorage.ts"
import { collectBytes } from "./collectBytes.ts"
import { wrongLength } from "./storageError.ts"
import { checkPut, spanOf } from "./storageName.ts"

/** Bytes and attributes as they are held. A put replaces the record, so that an open reader keeps its version. */
interface MemoryRecord {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly attributes: StorageAttributes
}

/** How an in-memory storage behaves. */
export interface MemoryObjectStorageOptions {
  /** The room for attributes in bytes; S3's 2 KiB by default. */
  readonly attributeBytes?: number
  /** The largest piece that a body is read in, in bytes; 64 KiB by default. */
  readonly pieceBytes?: number
}

const rules: OptionRules.Rules<MemoryObjectStorageOptions> = {
  attributeBytes: OptionRules.wholeNumber(0),
  pieceBytes: OptionRules.wholeNumber(1),
}

const everything: Omit<StorageCapabilities, "attributeBytes"> = {
  nameBytes: maxKeyBytes,
  createOnly: true,
  stat: true,
  list: true,
  delete: true,
  ranges: true,
  streams: true,
}

const infoOf = (name: string, record: MemoryRecord): StoredInfo => ({
  name,
  sizeBytes: record.bytes.byteLength,
  attributes: record.attributes,
})

/** Reads a part of a record in pieces; each is a copy, so that changing it changes nothing here. */
const piecesOf = (bytes: Uint8Array, start: number, end: number, pieceBytes: number): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(
    (function* () {
      for (let at = start; at < end; at += pieceBytes) yield bytes.slice(at, Math.min(at + pieceBytes, end))
    })(),
    { chunkSize: 1 },
  )

/** Makes a storage that forgets everything with the process. Throws an `InvalidArgument` for options that can't be used. */
export const make = (options: MemoryObjectStorageOptions = {}): ObjectStorageService => {
  const problem = OptionRules.problemOf(options, rules)
  if (problem !== undefined) throw problem
  const capabilities: StorageCapabilities = { ...everything, attributeBytes: options.attributeBytes ?? 2048 }
  const pieceBytes = options.pieceBytes ?? 64 * 1024
  const records = new Map<string, MemoryRecord>()
  return {
    capabilities,
    put: Effect.fnUntraced(function* (name, body, put) {
      yield* checkPut(name, put, capabilities)
      const bytes = body instanceof Uint8Array ? new Uint8Array(body) : yield* collectBytes(body)
      if (put?.sizeBytes !== undefined && put.sizeBytes !== bytes.byteLength) {
        return yield* wrongLength(put.sizeBytes, bytes.byteLength)
      }
      yield* Effect.yieldNow
      if (put?.createOnly === true && records.has(name)) return "exists"
      records.set(name, { bytes, attributes: { ...put?.attributes } })
      return "written"
    }),
    get: Effect.fnUntraced(function* (name, range) {
      yield* Effect.yieldNow
      const record = records.get(name)
      if (record === undefined) return Option.none()
      const { end, start } = spanOf(range, record.bytes.byteLength)
      return Option.some({ info: infoOf(name, record), body: piecesOf(record.bytes, start, end, pieceBytes) })
    }),
    stat: (name) =>
      Effect.map(Effect.yieldNow, () =>
        Option.map(Option.fromUndefinedOr(records.get(name)), (record) => infoOf(name, record)),
      ),
    delete: (name) =>
      Effect.map(Effect.yieldNow, () => {
        records.delete(name)
      }),
    list: (prefix) =>
      Stream.suspend(() =>
        Stream.fromIterable(
          [...records]
            .filter(([name]) => name.startsWith(prefix))
            .map(([name, record]) => ({ name, sizeBytes: record.bytes.byteLength })),
        ),
      ),
  }
}

/** Provides an in-memory storage of its own. */
export const layer = (options: MemoryObjectStorageOptions = {}): Layer.Layer<ObjectStorage, InvalidArgument> =>
  Layer.effect(
    ObjectStorage,
    Effect.suspend(() => {
      const problem = OptionRules.problemOf(options, rules)
      return problem === undefined ? Effect.succeed(make(options)) : Effect.fail(problem)
    }),
  )
