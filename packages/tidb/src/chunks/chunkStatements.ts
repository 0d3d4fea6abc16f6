/** The statements of objects in chunks. All times are the server's, in UTC. */
import type { ChunkTimes } from "@framedb/core"
import { exact, places, tableName } from "../statements.ts"

const now = "UTC_TIMESTAMP(3)"
const later = (millis: number): string => `DATE_ADD(${now}, INTERVAL ${Math.round(millis) * 1000} MICROSECOND)`
const own = `\`key\` = ? AND ${exact("`key`")} = ${exact("?")}`

/** How many chunks one statement removes: little enough for any server's idea of a transaction. */
export const removedAtOnce = 16

/** Builds the statements for leases and graces of these lengths. Where a parameter is called key twice, it is given twice. */
export const makeChunkStatements = ({ leaseMillis, graceMillis }: ChunkTimes) => ({
  /** Parameters: the key's bytes, key. Columns: key, size or NULL, manifest or NULL. */
  find:
    `SELECT d.\`key\`, OCTET_LENGTH(d.data), m.manifest FROM \`${tableName}\` d` +
    " LEFT JOIN framedb_manifests m ON m.`key` = ? WHERE d.`key` = ?",
  /** Parameters: keys' bytes. Columns: key, manifest. */
  manifests: (size: number) => `SELECT \`key\`, manifest FROM framedb_manifests WHERE \`key\` IN (${places(size)})`,
  /** Parameters: version, chunks. */
  begin:
    `INSERT INTO framedb_versions (version, chunks, due) VALUES (?, ?, ${later(leaseMillis)})` +
    ` ON DUPLICATE KEY UPDATE chunks = VALUES(chunks), due = VALUES(due)`,
  /** Parameters: chunks, version. */
  extend:
    `UPDATE framedb_versions SET chunks = GREATEST(chunks, ?), due = ${later(leaseMillis)}` +
    ` WHERE version = ? AND due > ${now}`,
  /** Parameters: id, data. A chunk never changes: put again, it is the same. */
  put: "INSERT INTO framedb_chunks (id, data) VALUES (?, ?) ON DUPLICATE KEY UPDATE data = VALUES(data)",
  /** Parameter: id. */
  get: "SELECT data FROM framedb_chunks WHERE id = ?",
  /** Takes a version from those that are due one day. Parameter: version. */
  settle: `DELETE FROM framedb_versions WHERE version = ? AND due > ${now}`,
  /** Makes a row without bytes; fails where there is one. Parameter: key. */
  reserve: `INSERT INTO \`${tableName}\` (\`key\`, data) VALUES (?, NULL)`,
  /** Locks the key's row and removes its bytes. Parameter: key. */
  clear:
    `INSERT INTO \`${tableName}\` (\`key\`, data) VALUES (?, NULL) ON DUPLICATE KEY UPDATE data =` +
    ` IF(${exact("`key`")} = ${exact("VALUES(`key`)")}, NULL, data)`,
  /** Parameter: key. Column: the key that the row carries, on a folding column perhaps another one. */
  carried: `SELECT \`key\` FROM \`${tableName}\` WHERE \`key\` = ?`,
  /** Makes sure that there is a row to lock, without a lock on the gap beside it. Parameter: the key's bytes. */
  place:
    "INSERT INTO framedb_manifests (`key`, version, chunks, manifest) VALUES (?, '', 0, '')" +
    " ON DUPLICATE KEY UPDATE version = version",
  /** Parameter: the key's bytes. Columns: version, chunks. */
  lockManifest: "SELECT version, chunks FROM framedb_manifests WHERE `key` = ? FOR UPDATE",
  /** Parameters: version, chunks, manifest, the key's bytes. */
  commit: "UPDATE framedb_manifests SET version = ?, chunks = ?, manifest = ? WHERE `key` = ?",
  /** Keeps a version's chunks for those who read them. Parameters: version, chunks. */
  retire:
    `INSERT INTO framedb_versions (version, chunks, due) VALUES (?, ?, ${later(graceMillis)})` +
    " ON DUPLICATE KEY UPDATE chunks = VALUES(chunks), due = VALUES(due)",
  /** Parameters: key twice. Column: whether there are plain bytes. Locks the row. */
  lockPlain: `SELECT data IS NOT NULL FROM \`${tableName}\` WHERE ${own} FOR UPDATE`,
  /** Parameters: key twice. */
  removePlain: `DELETE FROM \`${tableName}\` WHERE ${own}`,
  /** Parameter: the key's bytes. */
  removeManifest: "DELETE FROM framedb_manifests WHERE `key` = ?",
  /** Columns: version, chunks. */
  due: `SELECT version, chunks FROM framedb_versions WHERE due <= ${now} ORDER BY due LIMIT 8`,
  /** Takes a version that is due, so that no commit can take it any more. Parameter: version. */
  claim: `UPDATE framedb_versions SET due = '1970-01-01' WHERE version = ? AND due <= ${now}`,
  /** Parameters: ids. */
  removeChunks: `DELETE FROM framedb_chunks WHERE id IN (${places(removedAtOnce)})`,
  /** Parameters: the number of chunks that are left, version. */
  shrink: "UPDATE framedb_versions SET chunks = ? WHERE version = ?",
  /** Parameter: version. */
  forget: "DELETE FROM framedb_versions WHERE version = ?",
  /** Parameter: the bytes of the key after which to go on. Columns: key, whether it is void. */
  walk:
    `SELECT m.\`key\`, d.\`key\` IS NULL OR d.data IS NOT NULL FROM framedb_manifests m LEFT JOIN \`${tableName}\` d` +
    " ON d.`key` = CONVERT(m.`key` USING utf8mb4) WHERE m.`key` > ? ORDER BY m.`key` LIMIT 256",
})

/** Every statement of a store of chunks. */
export type ChunkStatements = ReturnType<typeof makeChunkStatements>
