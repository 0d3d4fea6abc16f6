/** What is written beside an object's bytes, so that a person, or another program, can restore it. See FORMAT.md. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ObjectType } from "../../domain/FramedbType.ts"
import { type JsonObject, problemOfMetadata } from "../../domain/Metadata.ts"
import { isObjectKey } from "../../domain/ObjectKey.ts"
import type { BackupProperties } from "./BackupSource.ts"
import { isSealed, sealJson } from "./sealed.ts"

const Digest = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))

const Size = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** The bytes of a version: what to check before they are used. */
export const StoredBytes = Schema.Struct({ sizeBytes: Size, sha256: Digest })

/** The fields that describe an object, in a description and in an index alike. */
export const propertyFields = {
  key: Schema.String,
  framedbId: Schema.String,
  type: ObjectType,
  metadata: Schema.Record(Schema.String, Schema.Json),
  content: Schema.Struct({
    serializer: Schema.optionalKey(Schema.String),
    contentType: Schema.optionalKey(Schema.String),
  }),
  sizeBytes: Size,
  sha256: Digest,
}

const descriptionFormat = "framedb-object/1"

const Document = Schema.Struct({
  seal: Schema.String,
  format: Schema.Literal(descriptionFormat),
  ...propertyFields,
  /** Only while an overwrite is under way: the version that may still be there. */
  previous: Schema.optionalKey(StoredBytes),
})

/** An object's properties with the size and digest of its bytes. */
export interface BackupDescription extends BackupProperties {
  readonly sizeBytes: number
  readonly sha256: string
}

/** A description as it is stored, perhaps in the middle of an overwrite. */
export interface StoredDescription extends BackupDescription {
  readonly previous?: typeof StoredBytes.Type
}

const decodeDocument = Schema.decodeUnknownOption(Schema.fromJsonString(Document))

/** A decoded record as a description, where its key is one and its metadata is what FrameDB holds. */
export const toDescription = (
  fields: {
    readonly [Name in keyof BackupDescription]: Name extends "key" ? string : BackupDescription[Name]
  },
): Option.Option<BackupDescription> => {
  const { content, framedbId, key, metadata, sha256, sizeBytes, type } = fields
  if (!isObjectKey(key) || problemOfMetadata(metadata) !== undefined) return Option.none()
  return Option.some({ key, framedbId, type, metadata, content, sizeBytes, sha256 })
}

/** The fields in the order in which they are written. */
export const describedFields = (description: BackupDescription): JsonObject => ({
  key: description.key,
  type: description.type,
  framedbId: description.framedbId,
  sizeBytes: description.sizeBytes,
  sha256: description.sha256,
  metadata: description.metadata,
  content: { ...description.content },
})

/** A description as text: one line of printable ASCII, sealed. */
export const encodeDescription = (description: StoredDescription): string =>
  sealJson({
    format: descriptionFormat,
    ...describedFields(description),
    ...(description.previous === undefined ? {} : { previous: description.previous }),
  })

/** Reads a description; `None` where the text is not one, or was changed. */
export const decodeDescription = (text: string): Option.Option<StoredDescription> =>
  isSealed(text)
    ? Option.flatMap(decodeDocument(text), ({ previous, ...fields }) =>
        Option.map(toDescription(fields), (description) =>
          previous === undefined ? description : { ...description, previous },
        ),
      )
    : Option.none()
