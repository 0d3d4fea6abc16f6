/** A batch as a statement wants it: each key once, in one order for all clients, padded up to a shape. */
import type { ObjectKey, StoreEntry } from "@framedb/core"
import type { Parameter } from "./SqlConnection.ts"

/**
 * Each key once with the last of its values, sorted: two batches that share keys lock their rows in the same order, and
 * so can't lock each other out.
 */
export const distinctEntries = (entries: ReadonlyArray<StoreEntry>): ReadonlyArray<StoreEntry> => {
  if (entries.length === 1) return entries
  const last = new Map(entries.map((entry) => [entry.key, entry]))
  return [...last.values()].sort((left, right) => (left.key < right.key ? -1 : 1))
}

/** Each key once, sorted likewise. */
export const distinctKeys = (keys: ReadonlyArray<ObjectKey>): ReadonlyArray<ObjectKey> =>
  keys.length === 1 ? keys : [...new Set(keys)].sort()

/** Keys as parameters, the last one repeated up to `size`. */
export const keyParameters = (keys: ReadonlyArray<string>, size: number): ReadonlyArray<Parameter> => {
  const last = keys.at(-1) ?? ""
  return keys.length === size ? keys : Array.from({ length: size }, (_, index) => keys[index] ?? last)
}

/** Keys and values in turn; to fill up to `size`, the entry with the least bytes is repeated, which writes it once more. */
export const entryParameters = (entries: ReadonlyArray<StoreEntry>, size: number): ReadonlyArray<Parameter> => {
  const parameters: Array<Parameter> = []
  for (const entry of entries) parameters.push(entry.key, bufferOf(entry.data))
  const [first] = entries
  if (first === undefined || entries.length === size) return parameters
  const least = entries.reduce((left, right) => (right.data.byteLength < left.data.byteLength ? right : left), first)
  for (let count = entries.length; count < size; count++) parameters.push(least.key, bufferOf(least.data))
  return parameters
}

/** The driver's binary type over the same memory: nothing is copied. */
export const bufferOf = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
