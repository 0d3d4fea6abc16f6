/** The documents of a set: an index for each part, and the manifest that is written last. See FORMAT.md. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type BackupDescription, propertyFields, toDescription } from "../BackupDescription.ts"
import { isSealed, sealJson, sealLines } from "../sealed.ts"

const Digest = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** A stored object that holds bytes of a set. */
export const SegmentRef = Schema.Struct({ name: Schema.String, sizeBytes: Count })

/** A stored object that holds bytes of a set. */
export type SegmentRef = typeof SegmentRef.Type

/** Where an object of a set is, and what it is. */
export interface SetEntry extends BackupDescription {
  /** The name of the stored object that holds its bytes. */
  readonly segment: string
  /** Where in it they begin, in bytes. */
  readonly offset: number
}

const indexFormat = "framedb-index/1"
const manifestFormat = "framedb-set/1"

const IndexHeader = Schema.Struct({
  seal: Schema.String,
  format: Schema.Literal(indexFormat),
  set: Schema.String,
  generation: Count,
  part: Count,
  /** Everything that the entries below lie in. */
  segments: Schema.Array(SegmentRef),
})

const Entry = Schema.Struct({ ...propertyFields, segment: Schema.String, offset: Count })

const Manifest = Schema.Struct({
  seal: Schema.String,
  format: Schema.Literal(manifestFormat),
  set: Schema.String,
  generation: Count,
  createdAt: Schema.String,
  objects: Count,
  bytes: Count,
  indexes: Schema.Array(Schema.Struct({ name: Schema.String, sha256: Digest, entries: Count })),
  segments: Schema.Array(SegmentRef),
})

/** What a set is made of. */
export type SetManifest = Omit<typeof Manifest.Type, "seal" | "format">

/** One part of a set: what its entries are, and the stored objects that they lie in. */
export interface SetIndex {
  readonly set: string
  readonly generation: number
  readonly part: number
  readonly segments: ReadonlyArray<SegmentRef>
  readonly entries: ReadonlyArray<SetEntry>
}

const decodeHeader = Schema.decodeUnknownOption(Schema.fromJsonString(IndexHeader))
const decodeEntry = Schema.decodeUnknownOption(Schema.fromJsonString(Entry))
const decodeManifestDocument = Schema.decodeUnknownOption(Schema.fromJsonString(Manifest))

/** The fields of a description in its order, then the place; without spreads, since there is one for every object. */
const encodeEntry = (entry: SetEntry): string =>
  JSON.stringify({
    key: entry.key,
    type: entry.type,
    framedbId: entry.framedbId,
    sizeBytes: entry.sizeBytes,
    sha256: entry.sha256,
    metadata: entry.metadata,
    content: entry.content,
    segment: entry.segment,
    offset: entry.offset,
  })

/** An index as UTF-8: a sealed header, then one entry a line. */
export const encodeIndex = ({ entries, ...header }: SetIndex): Uint8Array<ArrayBuffer> =>
  sealLines({ format: indexFormat, ...header }, entries.map(encodeEntry))

const toEntry = (line: string): Option.Option<SetEntry> =>
  Option.flatMap(decodeEntry(line), ({ offset, segment, ...fields }) =>
    Option.map(toDescription(fields), (description) => ({ ...description, segment, offset })),
  )

/** Reads an index; `None` where the text is not one, or was changed. */
export const decodeIndex = (text: string): Option.Option<SetIndex> => {
  if (!isSealed(text)) return Option.none()
  const [first = "", ...lines] = text.split("\n").slice(0, -1)
  return Option.flatMap(decodeHeader(first), ({ format: _, seal: __, ...header }) =>
    Option.map(Option.all(lines.map(toEntry)), (entries) => ({ ...header, entries })),
  )
}

/** A manifest as text. */
export const encodeManifest = (manifest: SetManifest): string => sealJson({ format: manifestFormat, ...manifest })

/** Reads a manifest; `None` where the text is not one, or was changed. */
export const decodeManifest = (text: string): Option.Option<SetManifest> =>
  isSealed(text)
    ? Option.map(decodeManifestDocument(text), ({ format: _, seal: __, ...manifest }) => manifest)
    : Option.none()
