/**
 * What is recorded of an object that is stored in chunks: which write they belong to, how many bytes they are, and
 * what they must look like.
 *
 * It is stored as one line of JSON, so that a person can put an object together without us:
 *
 * | field | meaning |
 * | --- | --- |
 * | `format` | `framedb-chunks/1` |
 * | `version` | the UUID of the write, which names its chunks |
 * | `sizeBytes` | the length of the whole |
 * | `chunkBytes` | the length of every chunk but the last |
 * | `sha256` | the digest of the whole, in hexadecimal |
 * | `chunkCrc32` | the CRC-32 of each chunk in order, 8 hexadecimal digits each |
 * | `crc32` | the CRC-32 of the key, a line feed, and this JSON without this field: a manifest vouches for itself and its key |
 *
 * CRC-32 finds every flipped byte and lets a part be checked without the rest; SHA-256 vouches for the whole.
 */
import { randomUUID } from "node:crypto"
import { crc32 } from "node:zlib"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ObjectKey } from "./ObjectKey.ts"

/** The id of one write of a chunked object: a random UUID, so that no two writes ever share a chunk. */
export const ChunkVersion = Schema.String.check(Schema.isUUID(4)).pipe(Schema.brand("ChunkVersion"))

/** The id of one write of a chunked object. */
export type ChunkVersion = typeof ChunkVersion.Type

/** Makes a version that no other write has. */
export const makeChunkVersion = (): ChunkVersion => ChunkVersion.make(randomUUID())

/** A manifest, checked. */
export interface Manifest {
  readonly version: ChunkVersion
  readonly sizeBytes: number
  readonly chunkBytes: number
  /** SHA-256 of the whole, in hexadecimal. */
  readonly sha256: string
  /** CRC-32 of each chunk, in order. */
  readonly checksums: ReadonlyArray<number>
}

const format = "framedb-chunks/1"

const Written = Schema.fromJsonString(
  Schema.Struct({
    format: Schema.Literal(format),
    version: ChunkVersion,
    sizeBytes: Schema.Int.check(Schema.isGreaterThan(0)),
    chunkBytes: Schema.Int.check(Schema.isGreaterThan(0)),
    sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
    chunkCrc32: Schema.String.check(Schema.isPattern(/^(?:[0-9a-f]{8})+$/)),
    crc32: Schema.String,
  }),
)

const decodeWritten = Schema.decodeUnknownOption(Written)

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0")

const sealOf = (key: ObjectKey, fields: object): string => hex(crc32(`${key}\n${JSON.stringify(fields)}`))

/** How many chunks a length makes. */
export const chunkCount = (sizeBytes: number, chunkBytes: number): number => Math.ceil(sizeBytes / chunkBytes)

/** Writes a manifest down. */
export const encodeManifest = (key: ObjectKey, manifest: Manifest): string => {
  const { version, sizeBytes, chunkBytes, sha256 } = manifest
  const fields = { format, version, sizeBytes, chunkBytes, sha256, chunkCrc32: manifest.checksums.map(hex).join("") }
  return JSON.stringify({ ...fields, crc32: sealOf(key, fields) })
}

/** Reads a manifest, or says why it can't be trusted. */
export const decodeManifest = (key: ObjectKey, text: string): Result.Result<Manifest, string> => {
  const written = decodeWritten(text)
  if (Option.isNone(written)) return Result.fail("the manifest can't be read")
  const { crc32: seal, ...fields } = written.value
  const { version, sizeBytes, chunkBytes, sha256, chunkCrc32 } = fields
  const ordered = { format, version, sizeBytes, chunkBytes, sha256, chunkCrc32 }
  if (seal !== sealOf(key, ordered)) return Result.fail("the manifest is damaged, or is another key's")
  const checksums = Array.from({ length: chunkCrc32.length / 8 }, (_, index) =>
    Number.parseInt(chunkCrc32.slice(index * 8, index * 8 + 8), 16),
  )
  if (checksums.length !== chunkCount(sizeBytes, chunkBytes)) return Result.fail("the manifest contradicts itself")
  return Result.succeed({ version, sizeBytes, chunkBytes, sha256, checksums })
}

/** The length that a manifest states, unchecked; 0 where it states none. Good enough to say that something is there. */
export const statedSize = (text: string): number => Number(/"sizeBytes":(\d{1,16})[,}]/.exec(text)?.[1] ?? 0)

const isVersion = Schema.is(ChunkVersion)

/** The version that a manifest states, unchecked; `undefined` where it states none. Good enough to remove that and no other. */
export const statedVersion = (text: string): ChunkVersion | undefined => {
  const stated = /"version":"([^"]*)"/.exec(text)?.[1]
  return isVersion(stated) ? stated : undefined
}
