/** One object out of storage, its digest checked before anything is overwritten. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import { IntegrityError } from "../../errors/IntegrityError.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ObjectStorageService, StoredObject } from "../../ports/ObjectStorage.ts"
import { collectBytes } from "../../storage/collectBytes.ts"
import type { BulkBudget } from "../bulk/Bulk.ts"
import type { StoredDescription } from "./BackupDescription.ts"
import type { RestoredObject } from "./BackupSource.ts"
import { type BackupPlace, objectNameOf } from "./backupNames.ts"
import { checkBytes, checkStream, type Expected } from "./digest.ts"
import { repeating } from "./repeating.ts"
import { readDescription } from "./storedDescription.ts"

/** What one run of restores shares. */
export interface RestoreRun {
  readonly storage: ObjectStorageService
  readonly place: BackupPlace
  readonly budget: BulkBudget
  /** Objects up to this size are read and checked whole, in bytes; larger ones are checked as they pass. */
  readonly wholeBytes: number
}

/** What reading a backup can fail with. */
export type ReadBackupFailure = BackendError | IntegrityError | ObjectNotFound

const describing = Effect.fnUntraced(function* (run: RestoreRun, key: ObjectKey, object: StoredObject) {
  const found = yield* readDescription(run.storage, key, object.info)
  if (Option.isNone(found)) {
    return yield* new IntegrityError({
      key,
      message: `nothing beside the stored bytes of ${JSON.stringify(key)} describes them`,
    })
  }
  if (found.value.key !== key) {
    const message = `what is stored for ${JSON.stringify(key)} is described as ${JSON.stringify(found.value.key)}`
    return yield* new IntegrityError({ key, message })
  }
  return found.value
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
  const description = yield* describing(run, key, object)
  const { sizeBytes } = object.info
  const expected = expectedOf(description, sizeBytes)
  const [first] = expected
  if (first === undefined) return yield* wrongSize(key, sizeBytes)
  return { object, description, expected, first, sizeBytes }
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
      const { description, expected, first, object, sizeBytes } = yield* open(run, key)
      if (sizeBytes > run.wholeBytes) {
        return yield* use(restored(description, checkStream(object.body, first), sizeBytes))
      }
      const whole = Effect.gen(function* () {
        const bytes = yield* collectBytes(object.body)
        const checked = yield* Effect.firstSuccessOf(expected.map((version) => checkBytes(bytes, version)))
        return yield* use(restored(description, checked, sizeBytes))
      })
      return yield* run.budget.holding(sizeBytes)(whole)
    }),
  )
