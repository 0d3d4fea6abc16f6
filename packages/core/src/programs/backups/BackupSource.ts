/** Where a backup takes objects from, and where a restore puts them: all that the backup programs know of FrameDB. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ObjectType } from "../../domain/FramedbType.ts"
import type { ContentDescription } from "../../domain/FrameObject.ts"
import type { Metadata } from "../../domain/Metadata.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"

/** What a backup keeps of an object beside its bytes. */
export interface BackupProperties {
  readonly key: ObjectKey
  readonly framedbId: string
  readonly type: ObjectType
  readonly metadata: Metadata
  readonly content: ContentDescription
}

/** An object to be backed up, its bytes not yet read. */
export interface BackupObject<E> extends BackupProperties {
  /** The size in bytes as far as it is known; it decides how the bytes are read. */
  readonly sizeBytes: number
  /** The SHA-256 of the bytes in small hex digits, where it is stored beside them. */
  readonly sha256?: string
  /** Reads the bytes whole. They are the backup's own. */
  readonly bytes: Effect.Effect<Uint8Array, E>
  /** Reads the bytes of one version in pieces. Can be run again. */
  readonly stream: Stream.Stream<Uint8Array, E>
}

/** An object of a batch, its bytes not yet read. */
export interface BatchedObject extends BackupProperties {
  /** The size in bytes as far as it is known. */
  readonly sizeBytes: number
}

/** Small objects that are read in one exchange. */
export interface BackupBatch {
  readonly objects: ReadonlyArray<BatchedObject>
  /** Reads the bytes, in the order of the objects; `undefined` for what is not there, or where all of it fails. They are the backup's own. */
  readonly read: Effect.Effect<ReadonlyArray<Uint8Array | undefined>>
}

/** Gives objects by their keys. */
export interface BackupSource<E> {
  /** Looks an object up; its error says where there is none. */
  readonly open: (key: ObjectKey) => Effect.Effect<BackupObject<E>, E>
  /**
   * Looks up to 256 keys up together and gives batches of those that can be read together, none of which is larger than
   * `maxBytes`. What is in no batch, or was not there when it was read, is opened by itself. Without it everything is.
   */
  readonly findBatches?: (keys: ReadonlyArray<ObjectKey>, maxBytes: number) => Effect.Effect<ReadonlyArray<BackupBatch>>
}

/** An object on its way back. A stream fails with `IntegrityError` where the bytes are not those backed up. */
export interface RestoredObject extends BackupProperties {
  readonly sizeBytes: number
  readonly body: Uint8Array | Stream.Stream<Uint8Array, BackendError | IntegrityError>
}

/** Takes restored objects. */
export interface BackupSink<E> {
  /** Writes an object in place of what is there. When the body fails, what was there must still be there. */
  readonly write: (object: RestoredObject) => Effect.Effect<void, E | BackendError | IntegrityError>
}
