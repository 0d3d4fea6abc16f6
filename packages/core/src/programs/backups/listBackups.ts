/** What is backed up one object a key. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"
import type { ListedObject, ObjectStorageService } from "../../ports/ObjectStorage.ts"
import { readListedName } from "./backupNames.ts"
import { repeating } from "./repeating.ts"
import { readDescription, readSidecar } from "./storedDescription.ts"

/** Which backups to list. */
export interface ListBackupsOptions {
  readonly storage: ObjectStorageService
  /** The prefix that the backups were made with; empty by default. */
  readonly prefix?: string
  /** Only keys that begin with this. */
  readonly keyPrefix?: string
}

/** An object that is backed up. */
export interface BackedUpObject {
  readonly key: string
  readonly sizeBytes: number | undefined
}

/** A key that was too long for a name stands only in its description. */
const describedKey = (storage: ObjectStorageService, name: string) =>
  Effect.gen(function* () {
    const info = storage.capabilities.stat ? yield* repeating(storage.stat(name)) : Option.none()
    const found = yield* Option.isSome(info)
      ? readDescription(storage, name, info.value)
      : readSidecar(storage, name, name)
    return Option.map(found, (description) => description.key)
  })

const keyOf = (
  storage: ObjectStorageService,
  prefix: string,
  listed: ListedObject,
): Effect.Effect<Option.Option<string>, BackendError | IntegrityError> => {
  const read = readListedName(listed.name, prefix)
  if (read === "other") return Effect.succeedNone
  return read === "described" ? describedKey(storage, listed.name) : Effect.succeedSome(read.key)
}

/**
 * Lists the objects under a prefix that were backed up one object a key, in no promised order. Everything that lies there
 * counts as one, described or not. Needs a storage that lists.
 */
export const listBackups = (
  options: ListBackupsOptions,
): Stream.Stream<BackedUpObject, BackendError | IntegrityError> => {
  const { keyPrefix = "", prefix = "", storage } = options
  const within = storage.list(prefix)
  const found = Stream.mapEffect(
    within,
    (listed) =>
      Effect.map(keyOf(storage, prefix, listed), (key) =>
        Option.isSome(key) && key.value.startsWith(keyPrefix) ? [{ key: key.value, sizeBytes: listed.sizeBytes }] : [],
      ),
    { concurrency: 8 },
  )
  return Stream.flatMap(found, (entries) => Stream.fromIterable(entries))
}
