/** What a table can hold, and the limits that follow from a server. */
import type { StoreEntry, StoreLimits } from "@framedb/core"
import type { Table } from "./Table.ts"
import { maxBatchKeys, type Settings } from "./TiDBOptions.ts"

/** Below TiDB's 6 MiB a row (its error 8025), with room for what it adds. */
const maxInlineBytes = 4 * 1024 * 1024

/** Measured with 64 callers: four batches of 16 read a quarter more than two of 32, and write a tenth more. */
const leastBatchKeys = 16

/** What a packet carries beside the values of a batch: the keys, at most 1,020 bytes each and twice, and their types. */
const packetOverheadBytes = (keys: number): number => 1024 + keys * 2100

/** Nine entries are sent as sixteen, each of them as large as the least: no batch grows more by what fills it up. */
const mostPadding = 16 / 9

/**
 * Of 10,000 rows of 4 KiB, four times as many in a statement took an eighth less of both processors: fewer statements, and
 * fewer commits. Where one caller waits for each key, as many would only hold up the first.
 */
const batchesInBulk = 4

/** The limits of a store. */
export const limitsOf = (settings: Settings, table: Table): StoreLimits => {
  const packetBytes = Math.max(1024, table.maxPacketBytes - packetOverheadBytes(settings.batchKeys))
  const batchBytes = Math.min(settings.batchBytes, Math.floor(packetBytes / mostPadding))
  const bulkKeys = Math.min(maxBatchKeys, batchesInBulk * settings.batchKeys)
  const fits = packetOverheadBytes(bulkKeys) + mostPadding * batchBytes <= table.maxPacketBytes
  return {
    inlineBytes: Math.min(maxInlineBytes, packetBytes),
    keyCharacters: table.keyCharacters,
    batchKeys: settings.batchKeys,
    bulkKeys: fits ? bulkKeys : settings.batchKeys,
    batchBytes,
    batchesInFlight: settings.batchesInFlight,
    leastBatchKeys,
  }
}

/** Says why a batch can't be written, or `undefined` where it can. */
export const problemOfEntries = (
  entries: ReadonlyArray<StoreEntry>,
  table: Table,
  limits: StoreLimits,
): string | undefined => {
  for (const { key, data } of entries) {
    // A character is one or two units of UTF-16: most keys need no count.
    if (key.length > table.keyCharacters && characters(key) > table.keyCharacters) {
      return `a key has at most ${table.keyCharacters} characters here`
    }
    if (table.keyBytes !== undefined && Buffer.byteLength(key) > table.keyBytes) {
      return `a key has at most ${table.keyBytes} bytes here`
    }
    if (data.byteLength > limits.inlineBytes) return `a value has at most ${limits.inlineBytes} bytes here`
  }
  return undefined
}

const characters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}
