import type { CachedObject } from "@framedb/core"
import { entrySizeBytes } from "./entrySize.ts"

/** The record around the bytes: its fields, the typed array and its buffer's bookkeeping, in bytes. */
const recordBytes = 200

/**
 * What an object takes in the cache: payload, key, metadata and overhead, in whole bytes.
 *
 * Metadata counts as its JSON twice over: parsed values take about that, and routes that are remembered share them.
 */
export const objectSizeBytes = (object: CachedObject): number => {
  const metadataBytes = hasFields(object.metadata) ? 2 * JSON.stringify(object.metadata).length : 0
  return entrySizeBytes(object.key, object.data.byteLength, metadataBytes) + recordBytes
}

const hasFields = (record: object): boolean => {
  for (const _ in record) return true
  return false
}
