/**
 * Where Redis keeps objects in chunks, beside the plain object of key `K`:
 *
 * | key | holds |
 * | --- | --- |
 * | `K` | the plain bytes; where it exists, nothing else counts |
 * | `framedb:{T}:manifest:K` | a hash: `version`, `chunks` (their number), `manifest` |
 * | `framedb:{T}:chunk:<version>:<index>` | the bytes of a chunk |
 *
 * All keys of an object share a slot of a Redis Cluster, so that one script can change them together. `K` can't be part
 * of a hash tag for that: it may hold braces in any form. So `T` is a short tag that has the slot of `K` (`SlotTags`).
 */
import type { ChunkVersion, ObjectKey } from "@framedb/core"
import { SlotTags } from "./SlotTags.ts"

/** The keys of one object. */
export interface ChunkKeys {
  readonly plain: ObjectKey
  readonly manifest: string
  /** The beginning of every version's chunk keys; version, colon and index follow. */
  readonly chunks: string
}

/** How every key begins that is not an object's own: whoever sets an object under one could damage another. */
export const reservedKeyPrefix = "framedb:{"

/** Matches every manifest key. */
export const manifestPattern = "framedb:{*}:manifest:*"

/** The key of the object that a manifest key belongs to, or `undefined` where it is no manifest key. */
export const plainKeyOf = (manifestKey: string): string | undefined =>
  /^framedb:\{[0-9a-z]{1,4}\}:manifest:(.+)$/s.exec(manifestKey)?.[1]

/** The key of a chunk. */
export const chunkKey = ({ chunks }: ChunkKeys, version: ChunkVersion, index: number): string =>
  `${chunks}${version}:${index}`

/** Gives the function that names the keys of an object. */
export const makeChunkKeys = (): ((key: ObjectKey) => ChunkKeys) => {
  const tags = new SlotTags()
  return (key) => {
    const prefix = `framedb:{${tags.of(key)}}`
    return { plain: key, manifest: `${prefix}:manifest:${key}`, chunks: `${prefix}:chunk:` }
  }
}
