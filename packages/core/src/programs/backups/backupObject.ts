/** One object to storage: skipped where it is there already, described beside its bytes, and whole at every moment. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type {
  ObjectStorageService,
  StorageBody,
  StoragePutOptions,
  StoragePutOutcome,
} from "../../ports/ObjectStorage.ts"
import { type BulkBudget, type BulkDone, streamedBytes } from "../bulk/Bulk.ts"
import { isSameJson } from "../routes/routeMetadata.ts"
import {
  type BackupDescription,
  describedFields,
  encodeDescription,
  type StoredDescription,
} from "./BackupDescription.ts"
import type { BackupObject, BackupProperties } from "./BackupSource.ts"
import { type BackupPlace, objectNameOf, sidecarNameOf } from "./backupNames.ts"
import { checkStream, digesting, sha256 } from "./digest.ts"
import { repeating } from "./repeating.ts"
import { describingAttributes, readDescription, readSidecar } from "./storedDescription.ts"

/** What one run of backups shares. */
export interface BackupRun {
  readonly storage: ObjectStorageService
  readonly place: BackupPlace
  readonly budget: BulkBudget
  /** Objects up to this size are read whole, in bytes; larger ones pass through in pieces. */
  readonly wholeBytes: number
  /**
   * Whether the last object that was asked for was there. A fresh backup then creates without asking first, and a
   * repeated one asks without sending first: one call an object either way.
   */
  readonly expectation: { present: boolean }
}

type Failure<E> = BackendError | InvalidArgument | E

const propertiesOf = ({ content, framedbId, key, metadata, type }: BackupProperties): BackupProperties => ({
  key,
  framedbId,
  type,
  metadata,
  content,
})

/** Whether what is stored is this version already. One in the middle of an overwrite is not. */
export const isSameVersion = (stored: StoredDescription, description: BackupDescription): boolean =>
  stored.previous === undefined &&
  stored.sha256 === description.sha256 &&
  isSameJson(describedFields(stored), describedFields(description))

/** What describes the stored object, if anything that can be trusted does: what can't be read is written again. */
const describedNow = (run: BackupRun, key: string, name: string): Effect.Effect<Option.Option<StoredDescription>> => {
  const found = run.storage.capabilities.stat
    ? Effect.flatMap(
        repeating(run.storage.stat(name)),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (info) => readDescription(run.storage, key, info),
        }),
      )
    : readSidecar(run.storage, key, name)
  return Effect.catch(found, () => Effect.succeedNone)
}

const put = <E = never>(
  run: BackupRun,
  name: string,
  body: StorageBody<E>,
  options: StoragePutOptions,
): Effect.Effect<StoragePutOutcome, Failure<E>> => {
  const stored: Effect.Effect<StoragePutOutcome, Failure<E>> = run.storage.put(name, body, options)
  return repeating(stored)
}

/**
 * Which of the versions that a description tells of is stored. After an overwrite that broke off only the bytes can say: had it
 * never begun, the description would otherwise go on without the version that is there.
 */
const versionStored = (
  run: BackupRun,
  name: string,
  before: StoredDescription,
): Effect.Effect<Digested, BackendError> => {
  const { previous } = before
  if (previous === undefined) return Effect.succeed(before)
  const found = Effect.scoped(
    Effect.flatMap(
      run.storage.get(name),
      Option.match({ onNone: () => Effect.succeedNone, onSome: ({ body }) => Effect.asSome(digestOf(body)) }),
    ),
  )
  return Effect.map(repeating(found), (digested) =>
    Option.isSome(digested) && digested.value.sha256 === previous.sha256 ? previous : before,
  )
}

/**
 * Writes bytes and sidecar so that one of two versions is restorable at every moment: where one is there, the sidecar
 * first says that either may be found.
 */
const putWithSidecar = <E>(
  run: BackupRun,
  name: string,
  body: StorageBody<E>,
  description: BackupDescription,
  before: Option.Option<StoredDescription>,
): Effect.Effect<void, Failure<E>> => {
  const sidecar = sidecarNameOf(name)
  const write = (stored: StoredDescription) =>
    put(run, sidecar, new TextEncoder().encode(encodeDescription(stored)), {})
  const announce = Option.match(before, {
    onNone: () => Effect.void,
    onSome: (stored) =>
      Effect.flatMap(versionStored(run, name, stored), ({ sha256: digest, sizeBytes }) =>
        write({ ...description, previous: { sha256: digest, sizeBytes } }),
      ),
  })
  return announce.pipe(
    Effect.andThen(put(run, name, body, { sizeBytes: description.sizeBytes })),
    Effect.andThen(write(description)),
    Effect.asVoid,
  )
}

const done = (status: BulkDone["status"], sizeBytes: number): BulkDone => ({ status, sizeBytes })

/** Stores a version whose digest is known, unless it is there. */
const store = Effect.fnUntraced(function* <E = never>(
  run: BackupRun,
  body: StorageBody<E>,
  description: BackupDescription,
): Effect.fn.Return<BulkDone, Failure<E>> {
  const name = objectNameOf(description.key, run.place)
  const attributes = Option.getOrUndefined(describingAttributes(description, run.storage))
  if (attributes !== undefined && run.storage.capabilities.createOnly && !run.expectation.present) {
    const outcome = yield* put(run, name, body, { attributes, createOnly: true, sizeBytes: description.sizeBytes })
    if (outcome === "written") return done("succeeded", description.sizeBytes)
  }
  const before = yield* describedNow(run, description.key, name)
  run.expectation.present = Option.isSome(before)
  if (Option.isSome(before) && isSameVersion(before.value, description)) return done("skipped", description.sizeBytes)
  if (attributes === undefined) yield* putWithSidecar(run, name, body, description, before)
  else yield* put(run, name, body, { attributes, sizeBytes: description.sizeBytes })
  return done("succeeded", description.sizeBytes)
})

interface Digested {
  readonly sizeBytes: number
  readonly sha256: string
}

/** Digests a body by reading it, holding a piece at a time. */
const digestOf = <E>(body: Stream.Stream<Uint8Array, E>): Effect.Effect<Digested, E> =>
  Effect.suspend(() => {
    const { body: counted, digest } = digesting(body)
    return Effect.map(Stream.runDrain(counted), () => ({ sizeBytes: digest.sizeBytes(), sha256: digest.sha256() }))
  })

const backupWhole = <E>(run: BackupRun, object: BackupObject<E>) =>
  run.budget.holding(object.sizeBytes)(
    Effect.flatMap(object.bytes, (bytes) =>
      store(run, bytes, { ...propertiesOf(object), sizeBytes: bytes.byteLength, sha256: sha256(bytes) }),
    ),
  )

/** A large object is read once to know its digest, where that is not stored, and once more to be sent if it must be. */
const backupStream = Effect.fnUntraced(function* <E>(run: BackupRun, object: BackupObject<E>) {
  const digest =
    object.sha256 === undefined
      ? yield* digestOf(object.stream)
      : { sizeBytes: object.sizeBytes, sha256: object.sha256 }
  // It may have been overwritten between the two readings: then the put fails, and leaves nothing.
  const body = checkStream(object.stream, { key: object.key, ...digest })
  return yield* store(run, body, { ...propertiesOf(object), ...digest })
})

/** Backs an object up, unless this very version is there. */
export const backupObject = <E>(
  run: BackupRun,
  object: BackupObject<E>,
): Effect.Effect<BulkDone, Failure<E> | IntegrityError> =>
  object.sizeBytes <= run.wholeBytes
    ? backupWhole(run, object)
    : run.budget.holding(Math.min(object.sizeBytes, streamedBytes))(backupStream(run, object))
