import { assert, describe, it } from "@effect/vitest"
import { limitsOf } from "../src/storeRules.ts"
import type { Table } from "../src/Table.ts"
import { settingsOf, type TiDBOptions } from "../src/TiDBOptions.ts"

const mebibyte = 1024 * 1024

const limitsAt = (maxPacketBytes: number, options: TiDBOptions = {}) => {
  const table: Table = {
    isExact: true,
    collation: "binary",
    keyCharacters: 255,
    keyBytes: undefined,
    maxPacketBytes,
    hasReturning: false,
  }
  return limitsOf(settingsOf(options), table)
}

describe("limitsOf", () => {
  it("takes four batches at once in bulk, where a packet has room for the longest keys", () => {
    const bulkKeys = [64, 4, 3, 1].map((mebibytes) => limitsAt(mebibytes * mebibyte).bulkKeys)
    assert.deepStrictEqual(bulkKeys, [256, 256, 256, 64])
    assert.strictEqual(limitsAt(64 * mebibyte, { batchKeys: 16 }).bulkKeys, 64)
    assert.strictEqual(limitsAt(64 * mebibyte, { batchKeys: 1000 }).bulkKeys, 1024)
    assert.strictEqual(limitsAt(4 * mebibyte, { batchBytes: 4 * mebibyte }).bulkKeys, 64)
  })
})
