/**
 * Where backups go: whole objects under names, in S3, in a folder, in memory or in a backend of the user's own.
 *
 * The port is the least that all of them share. What one can't do is said beforehand in `capabilities`, and a call for
 * it fails with the reason `Rejected`: nothing is silently left out.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"

/** Short texts kept beside an object's bytes. Names are lower-case ASCII letters, digits and `-`. */
export type StorageAttributes = { readonly [name: string]: string }

/** The bytes of a put: whole, or in pieces of any size. A whole buffer is read until the put has ended, never changed. */
export type StorageBody<E = never> = Uint8Array | Stream.Stream<Uint8Array, E>

/** How a put behaves. */
export interface StoragePutOptions {
  /** Leaves an object that is there as it is; false by default. Needs the capability `createOnly`. */
  readonly createOnly?: boolean
  /** Kept beside the bytes, and replaced with them. Needs room in the capability `attributeBytes`. */
  readonly attributes?: StorageAttributes
  /** The length of a streamed body where it is known. A body of another length fails as `Rejected`. */
  readonly sizeBytes?: number
  /**
   * The SHA-256 of whole bytes in small hex digits, where the caller has it: a storage that sends it with them need not make it. What
   * has another is refused by a storage that looks at it.
   */
  readonly sha256?: string
}

/** What a put did. `exists` is only said to `createOnly`: an object was there, and nothing was changed. */
export type StoragePutOutcome = "written" | "exists"

/** A part of an object: from `offset`, at most `length` bytes, to the end where no length is given. */
export interface StorageRange {
  readonly offset: number
  readonly length?: number
}

/** What is known of a stored object without its bytes. */
export interface StoredInfo {
  readonly name: string
  /** The size of the whole object in bytes. */
  readonly sizeBytes: number
  /** Empty where the storage keeps none. */
  readonly attributes: StorageAttributes
}

/** An object as it stands in a listing. */
export interface ListedObject {
  readonly name: string
  /** The size in bytes, where the storage says it without being asked for each. */
  readonly sizeBytes: number | undefined
}

/** A stored object that was opened. */
export interface StoredObject {
  readonly info: StoredInfo
  /**
   * The bytes, or the asked part of them, of the one version that was opened: when it is overwritten meanwhile, the
   * stream goes on with that version or fails. Runs once. A stream that ends well has given every byte.
   */
  readonly body: Stream.Stream<Uint8Array, BackendError>
}

/** What a storage can do. Programs choose their way by it, and the shared tests are gated by it. */
export interface StorageCapabilities {
  /** The longest name, in bytes of UTF-8; at most 1,024. */
  readonly nameBytes: number
  /** How many bytes of attribute names and values fit beside an object; 0 where there is no place for them. */
  readonly attributeBytes: number
  /** Whether `createOnly` is honoured, atomically. */
  readonly createOnly: boolean
  /** Whether `stat` can be asked. */
  readonly stat: boolean
  /** Whether `list` can be asked. */
  readonly list: boolean
  /** Whether `delete` can be asked. */
  readonly delete: boolean
  /** Whether reading a range costs about that range. Where not, the whole object is read for it. */
  readonly ranges: boolean
  /** Whether a body passes through piece by piece. Where not, it is held in memory whole. */
  readonly streams: boolean
}

/** The operations of an object storage. Each ends within the storage's own deadlines for an answer and for silence. */
export interface ObjectStorageService {
  readonly capabilities: StorageCapabilities
  /**
   * Stores a body under a name, replacing what is there. It becomes visible whole and at once when everything has
   * been taken; a put that fails or is interrupted leaves what was there, and nothing else. Fails with
   * `InvalidArgument` for a name or attributes that the storage can't hold, and with the body's own error.
   */
  readonly put: <E = never>(
    name: string,
    body: StorageBody<E>,
    options?: StoragePutOptions,
  ) => Effect.Effect<StoragePutOutcome, BackendError | InvalidArgument | E>
  /**
   * Opens an object, or a range of it; `None` where there is none. A range beyond the end gives what there is, which
   * may be nothing. What an unread body holds is released with the scope.
   */
  readonly get: (
    name: string,
    range?: StorageRange,
  ) => Effect.Effect<Option.Option<StoredObject>, BackendError, Scope.Scope>
  /** What is known of an object; `None` where there is none. */
  readonly stat: (name: string) => Effect.Effect<Option.Option<StoredInfo>, BackendError>
  /** Removes an object. One that is not there is success. */
  readonly delete: (name: string) => Effect.Effect<void, BackendError>
  /** Lists the objects whose names begin with `prefix`, each once, in no promised order, in bounded memory. */
  readonly list: (prefix: string) => Stream.Stream<ListedObject, BackendError>
}

/** The storage that backups use where a call names no other. */
export class ObjectStorage extends Context.Service<ObjectStorage, ObjectStorageService>()(
  "@framedb/core/ObjectStorage",
) {}
