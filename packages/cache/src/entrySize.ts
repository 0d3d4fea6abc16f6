/**
 * What an entry of a `LfuCache` with a string key needs beyond its payload and the characters of its key, in bytes.
 *
 * Measured on Node 24 (`bench/cache/memory.ts`) and rounded up: columns and index with their unused part, the ghosts' share and the
 * header of the key: 102 to 115, 9 more where entries expire, and 11 for the model's share in a cache of 10,000 entries.
 */
export const ENTRY_OVERHEAD_BYTES = 140

/** Strings are kept with one byte a character where Latin-1 suffices, else with two. */
const textBytes = (text: string): number => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return 2 * text.length
  return text.length
}

/** The true size of an entry: payload, key, metadata (as the caller counts it; default none) and overhead, in whole bytes. */
export const entrySizeBytes = (key: string, payloadBytes: number, metadataBytes = 0): number =>
  payloadBytes + textBytes(key) + metadataBytes + ENTRY_OVERHEAD_BYTES
