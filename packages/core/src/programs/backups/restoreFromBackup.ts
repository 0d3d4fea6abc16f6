/** Objects back out of storage. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ObjectType } from "../../domain/FramedbType.ts"
import { emptyMetadata, type Metadata } from "../../domain/Metadata.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ObjectStorageService } from "../../ports/ObjectStorage.ts"
import { type BulkBounds, type BulkDone, type BulkKeys, type BulkProgress, bulk } from "../bulk/Bulk.ts"
import type { BackupSink, RestoredObject } from "./BackupSource.ts"
import { defaultWholeBytes } from "./backupToObjectStorage.ts"
import { drain } from "./drain.ts"
import { type RestoreRun, restoreObject } from "./restoreObject.ts"

/** Where restored objects go, where that is not where they came from. */
export interface RestoreTarget {
  /** The instance; the one that each object was on by default. */
  readonly framedbId?: string
  /** The kind of the instance; that of each object by default. */
  readonly type?: ObjectType
  /** In place of each object's own metadata. */
  readonly metadata?: Metadata
  /**
   * Restores, unchecked, also what nothing describes, such as bytes that another program stored under the key; false by
   * default. Needs `framedbId` and `type`. What is described is checked all the same.
   */
  readonly acceptUndescribed?: boolean
}

/** What is restored, from where, and to where. */
export interface RestoreOptions<E, EK = never> extends BulkBounds, RestoreTarget {
  readonly sink: BackupSink<E>
  readonly storage: ObjectStorageService
  readonly keys: BulkKeys<EK>
  /** The prefix that the backup was made with; empty by default. */
  readonly prefix?: string
  /** Objects up to this size are checked whole before they are written, in bytes; 8 MiB by default. */
  readonly wholeBytes?: number
  /** Reads and checks everything and writes nothing; false by default. */
  readonly dryRun?: boolean
}

/** What a restore of one key can fail with, beside what its sink fails with. */
export type RestoreFailure = BackendError | IntegrityError | InvalidArgument | ObjectNotFound

const undescribedOf = ({ acceptUndescribed, framedbId, metadata, type }: RestoreTarget): RestoreRun["undescribed"] =>
  acceptUndescribed === true && framedbId !== undefined && type !== undefined
    ? { framedbId, type, metadata: metadata ?? emptyMetadata, content: {} }
    : undefined

/** Applies the target to an object. */
export const redirect = (object: RestoredObject, target: RestoreTarget): RestoredObject => ({
  ...object,
  framedbId: target.framedbId ?? object.framedbId,
  type: target.type ?? object.type,
  metadata: target.metadata ?? object.metadata,
})

/** Hands an object to the sink, or on a dry run only reads it to its end. */
export const deliver = <E>(
  options: RestoreTarget & { readonly sink: BackupSink<E>; readonly dryRun?: boolean },
  object: RestoredObject,
): Effect.Effect<BulkDone, E | BackendError | IntegrityError> => {
  const written = options.dryRun === true ? drain(object) : options.sink.write(redirect(object, options))
  return Effect.as(written, { status: "succeeded", sizeBytes: object.sizeBytes })
}

/**
 * Restores objects that were backed up one object a key, telling of each as it ends. What is stored is checked against its
 * digest before the sink overwrites anything.
 */
export const restoreFromBackup = <E, EK = never>(
  options: RestoreOptions<E, EK>,
): Stream.Stream<BulkProgress<E | RestoreFailure>, EK> => {
  const { storage } = options
  const place = { prefix: options.prefix ?? "", nameBytes: storage.capabilities.nameBytes }
  const wholeBytes = options.wholeBytes ?? defaultWholeBytes
  const undescribed = undescribedOf(options)
  return bulk(
    options.keys,
    (key, budget) =>
      restoreObject({ storage, place, wholeBytes, budget, undescribed }, key, (object) => deliver(options, object)),
    options,
  )
}
