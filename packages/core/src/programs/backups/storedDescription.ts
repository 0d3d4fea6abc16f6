/** Where a description is kept: in an attribute of the object where it fits, else in a sidecar beside it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { BackendError } from "../../errors/BackendError.ts"
import { IntegrityError } from "../../errors/IntegrityError.ts"
import type { ObjectStorageService, StorageAttributes } from "../../ports/ObjectStorage.ts"
import { readBytes } from "../../storage/collectBytes.ts"
import { attributeBytesOf } from "../../storage/storageName.ts"
import {
  type BackupDescription,
  decodeDescription,
  encodeDescription,
  type StoredDescription,
} from "./BackupDescription.ts"
import { sidecarNameOf } from "./backupNames.ts"
import { repeating } from "./repeating.ts"

/** The attribute that holds a description. */
export const descriptionAttribute = "framedb"

/** The largest sidecar that is read, in bytes: metadata is at most 64 KiB, six times that when every character is escaped. */
const maxSidecarBytes = 512 * 1024

const changed = (key: string): IntegrityError =>
  new IntegrityError({ key, message: `the description stored beside ${JSON.stringify(key)} was changed or is cut` })

/** The attributes that hold a description, where the storage has room for them. */
export const describingAttributes = (
  description: BackupDescription,
  storage: ObjectStorageService,
): Option.Option<StorageAttributes> => {
  const attributes = { [descriptionAttribute]: encodeDescription(description) }
  return attributeBytesOf(attributes) <= storage.capabilities.attributeBytes ? Option.some(attributes) : Option.none()
}

const decode = (key: string, text: string): Effect.Effect<StoredDescription, IntegrityError> =>
  Option.match(decodeDescription(text), {
    onNone: () => Effect.fail(changed(key)),
    onSome: Effect.succeed,
  })

/** Reads the sidecar of an object; `None` where there is none. */
export const readSidecar = (
  storage: ObjectStorageService,
  key: string,
  objectName: string,
): Effect.Effect<Option.Option<StoredDescription>, BackendError | IntegrityError> =>
  Effect.flatMap(
    repeating(readBytes(storage, sidecarNameOf(objectName), { maxBytes: maxSidecarBytes })),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: ({ bytes }) => Effect.asSome(decode(key, new TextDecoder().decode(bytes))),
    }),
  )

/** The description of an object whose attributes are known; `None` where nothing describes it. */
export const readDescription = (
  storage: ObjectStorageService,
  key: string,
  object: { readonly name: string; readonly attributes: StorageAttributes },
): Effect.Effect<Option.Option<StoredDescription>, BackendError | IntegrityError> => {
  const attribute = object.attributes[descriptionAttribute]
  return attribute === undefined ? readSidecar(storage, key, object.name) : Effect.asSome(decode(key, attribute))
}
