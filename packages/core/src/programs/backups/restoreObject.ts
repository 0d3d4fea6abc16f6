/** One object out of storage, its digest checked before anything is overwritten. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import { IntegrityError } from "../../errors/IntegrityError.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ObjectStorageService, StoredObject } from "../../ports/ObjectStorage.ts"
import { collectBytes } from "../../storage/collectBytes.ts"
import type { BulkBudget } from "../bulk/Bulk.ts"
import type { StoredDescription } from "./BackupDescription.ts"
import type { BackupProperties, RestoredObject } from "./BackupSource.ts"
import { type BackupPlace, objectNameOf } from "./backupNames.ts"
import { checkBytes, checkStream, digesting, type Expected } from "./digest.ts"
import { repeating } from "./repeating.ts"
import { readDescription } from "./storedDescription.ts"

/** What one run of restores shares. */
export interface RestoreRun {
  readonly storage: ObjectStorageService
  readonly place: BackupPlace
  readonly budget: BulkBudget
  /** Objects up to this size are read and checked whole, in bytes; larger ones are checked as they pass. */
  readonly wholeBytes: number
  /** What to take an object for that nothing describes; without it such an object is refused. */
  readonly undescribed: Omit<BackupProperties, "key"> | undefined
}

/** What reading a backup can fail with. */
export type ReadBackupFailure = BackendError | IntegrityError | ObjectNotFound

const undescribed = (key: string): IntegrityError =>
  new IntegrityError({
    key,
    message: `nothing beside the stored bytes of ${JSON.stringify(key)} describes them: pass acceptUndescribed to restore them unchecked`,
  })

/** The description of an object; of one that has none, what the caller said of it, if that is enough. */
const describing = Effect.fnUntraced(function* (run: RestoreRun, key: ObjectKey, object: StoredObject) {
  const found = yield* readDescription(run.storage, key, object.info)
  if (Option.isNone(found)) {
    if (run.undescribed === undefined) return yield* undescribed(key)
    const { sizeBytes } = object.info
    return { description: { ...run.undescribed, key, sizeBytes, sha256: "" }, isDescribed: false }
  }
  if (found.value.key !== key) {
    const message = `what is stored for ${JSON.stringify(key)} is described as ${JSON.stringify(found.value.key)}`
    return yield* new IntegrityError({ key, message })
  }
  return { description: found.value, isDescribed: true }
})

/** In the middle of an overwrite either version may be there; their sizes or digests tell. */
const expectedOf = (description: StoredDescription, sizeBytes: number): ReadonlyArray<Expected> => {
  const { key, previous } = description
  const versions = [description, ...(previous === undefined ? [] : [previous])]
  return versions
    .filter((version) => version.sizeBytes === sizeBytes)
    .map((version) => ({ key, sizeBytes: version.sizeBytes, sha256: version.sha256 }))
}

const restored = (description: StoredDescription, body: RestoredObject["body"], sizeBytes: number): RestoredObject => ({
  key: description.key,
  framedbId: description.framedbId,
  type: description.type,
  metadata: description.metadata,
  content: description.content,
  sizeBytes,
  body,
})

const wrongSize = (key: string, sizeBytes: number): IntegrityError =>
  new IntegrityError({
    key,
    message: `${sizeBytes} bytes are stored for ${JSON.stringify(key)}, which is not what was backed up`,
  })

const open = Effect.fnUntraced(function* (run: RestoreRun, key: ObjectKey) {
  const found = yield* repeating(run.storage.get(objectNameOf(key, run.place)))
  if (Option.isNone(found)) return yield* new ObjectNotFound({ key })
  const object = found.value
  const { sizeBytes } = object.info
  const { description, isDescribed } = yield* describing(run, key, object)
  const expected = isDescribed ? expectedOf(description, sizeBytes) : []
  if (isDescribed && expected.length === 0) return yield* wrongSize(key, sizeBytes)
  return { object, description, expected, sizeBytes }
})

type Opened = Effect.Success<ReturnType<typeof open>>

const checkWhole = (bytes: Uint8Array, expected: ReadonlyArray<Expected>) =>
  expected.length === 0
    ? Effect.succeed(bytes)
    : Effect.firstSuccessOf(expected.map((version) => checkBytes(bytes, version)))

/** Which of two versions of one size a large object is: it is read once to know. */
const chooseVersion = Effect.fnUntraced(function* (run: RestoreRun, key: ObjectKey, expected: ReadonlyArray<Expected>) {
  const again = yield* open(run, key)
  const { body, digest } = digesting(again.object.body)
  yield* Stream.runDrain(body)
  const found = digest.sha256()
  return expected.filter((version) => version.sha256 === found)
}, Effect.scoped)

const checkLarge = Effect.fnUntraced(function* (run: RestoreRun, key: ObjectKey, { expected, object }: Opened) {
  if (expected.length === 0) return object.body
  const [first, second] = expected
  const chosen = second === undefined ? first : ((yield* chooseVersion(run, key, expected))[0] ?? first)
  return chosen === undefined ? object.body : checkStream(object.body, chosen)
})

/**
 * Reads one object's backup and hands it to `use` when its digest is right. A larger object is handed over as a stream
 * that fails at its end where it is not: `use` must not have overwritten anything by then.
 */
export const restoreObject = <A, E>(
  run: RestoreRun,
  key: ObjectKey,
  use: (object: RestoredObject) => Effect.Effect<A, E>,
): Effect.Effect<A, E | ReadBackupFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const opened = yield* open(run, key)
      const { description, expected, object, sizeBytes } = opened
      if (sizeBytes > run.wholeBytes) {
        return yield* use(restored(description, yield* checkLarge(run, key, opened), sizeBytes))
      }
      const whole = Effect.gen(function* () {
        const bytes = yield* collectBytes(object.body)
        return yield* use(restored(description, yield* checkWhole(bytes, expected), sizeBytes))
      })
      return yield* run.budget.holding(sizeBytes)(whole)
    }),
  )
