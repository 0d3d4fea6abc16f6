import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import type { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import type { ChunkStore } from "./ChunkStore.ts"

/** Bytes to be stored under a key. The store reads `data` until the write has ended and never changes it. */
export interface StoreEntry {
  readonly key: ObjectKey
  readonly data: Uint8Array
}

/** Values in the order of their keys; `None` where there is none. */
export type StoredValues = ReadonlyArray<Option.Option<Uint8Array<ArrayBuffer>>>

/** What a store can hold and how it likes to be asked. */
export interface StoreLimits {
  /** The largest value stored as one piece, in bytes. Callers check it before they write. */
  readonly inlineBytes: number
  /** The longest key, in characters (Unicode code points); `undefined` where `ObjectKey`'s own bound is the limit. */
  readonly keyCharacters: number | undefined
  /** How the store's own keys beside the objects begin: no object may have such a key. Default: it has none. */
  readonly reservedPrefix?: string
  /** The most keys of one batch. */
  readonly batchKeys: number
  /**
   * The most keys of a batch in work on many keys, where nobody waits for one of them: more in one statement take less of the
   * server's time. Default: `batchKeys`.
   */
  readonly bulkKeys?: number
  /** The most bytes that one batch should write, counted in payload. A single larger entry is a batch of its own. */
  readonly batchBytes: number
  /** How many batches at once serve the store best. */
  readonly batchesInFlight: number
  /** The fewest keys that are worth a batch of their own where they could share one. Default 32. */
  readonly leastBatchKeys?: number
}

/**
 * Objects on one open instance: exactly the bytes that were set, under the bare key.
 *
 * Every method takes a batch within `limits`, is one round trip where the backend can, ends within the backend's
 * deadline, and answers in the order of its input. A key may stand in a batch twice: reads answer both, of writes the
 * last wins. An empty batch does nothing. A write that fails says in `BackendError.maybeApplied` whether
 * it may have landed; on `false` no entry of the batch was written.
 */
export interface ObjectStore {
  readonly limits: StoreLimits
  /**
   * Reads whole values: `None` where there is none, also where the store holds it in chunks. Each result is the
   * caller's to keep and to change: nobody else has its bytes. Small ones may share an `ArrayBuffer` of at most 64 KiB.
   */
  readonly getMany: (keys: ReadonlyArray<ObjectKey>) => Effect.Effect<StoredValues, BackendError>
  /**
   * As `getMany`, for who has no fiber and wants none: one costs a lone read a tenth of its time here. Calls `resume` once;
   * can't be stopped. Optional: without it `getMany` does.
   */
  readonly startGetMany?: (
    keys: ReadonlyArray<ObjectKey>,
    resume: (exit: Exit.Exit<StoredValues, BackendError>) => void,
  ) => void
  /**
   * The SHA-256 of values in small hex digits, worked out by the instance from what it has stored: as `getMany` and a digest
   * here, without the bytes on their way. `None` where there is no value. Optional: without it `getMany` does.
   */
  readonly digestMany?: (
    keys: ReadonlyArray<ObjectKey>,
  ) => Effect.Effect<ReadonlyArray<Option.Option<string>>, BackendError>
  /** Writes values, whether or not the keys exist. Fails with `InvalidArgument` for a key that the store can't tell apart from another. */
  readonly setMany: (entries: ReadonlyArray<StoreEntry>) => Effect.Effect<void, BackendError | InvalidArgument>
  /** Writes values only where the key exists already, and says for each whether it did. */
  readonly replaceMany: (
    entries: ReadonlyArray<StoreEntry>,
  ) => Effect.Effect<ReadonlyArray<boolean>, BackendError | InvalidArgument>
  /**
   * Writes values only where the key holds nothing, neither a value nor an object in chunks, each atomically, and says for
   * each whether its bytes are there now, by this write or by an earlier one. So it is harmless when repeated, and overwrites
   * nobody. Of a key that is given twice the last value counts. Fails as `setMany` does.
   */
  readonly insertMany: (
    entries: ReadonlyArray<StoreEntry>,
  ) => Effect.Effect<ReadonlyArray<boolean>, BackendError | InvalidArgument>
  /**
   * Sizes in bytes, of large objects too; `None` where there is nothing. A key that holds something else than an object, such
   * as a queue, fails as `Rejected`: every write of a new object asks first, so that it takes no queue's place.
   */
  readonly sizeMany: (
    keys: ReadonlyArray<ObjectKey>,
  ) => Effect.Effect<ReadonlyArray<Option.Option<number>>, BackendError>
  /** Removes values and objects in chunks, and says for each whether there was one. A key given twice is removed once and answers alike. */
  readonly deleteMany: (keys: ReadonlyArray<ObjectKey>) => Effect.Effect<ReadonlyArray<boolean>, BackendError>
  /**
   * Removes values only while they are exactly `data`, each atomically, and says for each whether it did: nobody else's newer
   * bytes go. Of the same entry given twice, one says so.
   */
  readonly deleteManyIfEqual: (
    entries: ReadonlyArray<StoreEntry>,
  ) => Effect.Effect<ReadonlyArray<boolean>, BackendError>
}

/** An open instance that holds objects. */
export interface ObjectConnection {
  readonly objects: ObjectStore
  /** Objects of the same keys that are too large to be values. */
  readonly chunks: ChunkStore
  /** Succeeds when the instance answers within the deadline. */
  readonly ping: Effect.Effect<void, BackendError>
}
