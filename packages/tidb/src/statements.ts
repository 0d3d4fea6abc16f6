/**
 * The statements of an object store, in few shapes: every shape of a batch is prepared once on every connection, so lists
 * are padded up to the next size that is in use.
 */

/** One row an object; the names that every client of a cluster shares. */
export const tableName = "data_table"

/** For reads and removals: the next power of two. What is put in twice costs a few bytes. */
export const keysShape = (count: number): number => (count <= 1 ? count : 2 ** Math.ceil(Math.log2(count)))

/** For writes, which repeat whole values: every size up to 8, then multiples of 8. */
export const entriesShape = (count: number): number => (count <= 8 ? count : Math.ceil(count / 8) * 8)

/** Builds each shape of a statement once. */
const shapes = (build: (size: number) => string): ((size: number) => string) => {
  const built: Array<string | undefined> = []
  return (size) => {
    const known = built[size]
    if (known !== undefined) return known
    const sql = build(size)
    built[size] = sql
    return sql
  }
}

const table = `\`${tableName}\``
/** So many placeholders. */
export const places = (size: number): string => Array.from({ length: size }, () => "?").join(", ")
const keyIs = (size: number): string => (size === 1 ? "`key` = ?" : `\`key\` IN (${places(size)})`)
const rows = (size: number): string => Array.from({ length: size }, () => "(?, ?)").join(", ")

/** The bytes of a key in UTF-8, whatever its column's character set and collation. */
export const exact = (expression: string): string => `CAST(CONVERT(${expression} USING utf8mb4) AS BINARY)`

/** Every statement, by the number of keys or entries in it. Parameters are keys, or key and data in turn. */
export const makeStatements = () => ({
  /** Column: data, of one key. */
  selectOne: `SELECT data FROM ${table} WHERE \`key\` = ?`,
  /** Columns: key, data. NULL data is no object. */
  select: shapes((size) => `SELECT \`key\`, data FROM ${table} WHERE ${keyIs(size)}`),
  /** Columns: key, size in bytes. */
  selectSizes: shapes((size) => `SELECT \`key\`, OCTET_LENGTH(data) FROM ${table} WHERE ${keyIs(size)}`),
  /** Columns: key, SHA-256 of data in hex digits. */
  selectDigests: shapes((size) => `SELECT \`key\`, SHA2(data, 256) FROM ${table} WHERE ${keyIs(size)}`),
  /** Column: key, of all rows, locked until the end of the transaction. */
  lockKeys: shapes((size) => `SELECT \`key\` FROM ${table} WHERE ${keyIs(size)} FOR UPDATE`),
  /** Column: key, of rows with data, locked until the end of the transaction. */
  lockObjects: shapes((size) => `SELECT \`key\` FROM ${table} WHERE ${keyIs(size)} AND data IS NOT NULL FOR UPDATE`),
  /** Columns: key, SHA-256 of data in hex digits, of all rows, locked until the end of the transaction. */
  lockDigests: shapes((size) => `SELECT \`key\`, SHA2(data, 256) FROM ${table} WHERE ${keyIs(size)} FOR UPDATE`),
  /** Writes all, or none and fails where a key has a row. */
  insert: shapes((size) => `INSERT INTO ${table} (\`key\`, data) VALUES ${rows(size)}`),
  /** Writes where a key has no row. */
  insertOthers: shapes(
    (size) => `INSERT INTO ${table} (\`key\`, data) VALUES ${rows(size)} ON DUPLICATE KEY UPDATE data = data`,
  ),
  /** Parameters: data, key. Writes where a row has no data. */
  fill: `UPDATE ${table} SET data = ? WHERE \`key\` = ? AND data IS NULL`,
  /** Writes whether or not the keys exist. */
  upsert: shapes(
    (size) => `INSERT INTO ${table} (\`key\`, data) VALUES ${rows(size)} ON DUPLICATE KEY UPDATE data = VALUES(data)`,
  ),
  /** The same, but leaves a row alone whose key is another one to everybody but the collation. */
  upsertExact: shapes(
    (size) =>
      `INSERT INTO ${table} (\`key\`, data) VALUES ${rows(size)} ON DUPLICATE KEY UPDATE data =` +
      ` IF(${exact("`key`")} = ${exact("VALUES(`key`)")}, VALUES(data), data)`,
  ),
  /** Writes where the keys have data. Parameters: key and data in turn, then the keys again. One entry: data, key. */
  update: shapes((size) =>
    size === 1
      ? `UPDATE ${table} SET data = ? WHERE \`key\` = ? AND data IS NOT NULL`
      : `UPDATE ${table} SET data = CASE \`key\` ${"WHEN ? THEN ? ".repeat(size)}ELSE data END` +
        ` WHERE ${keyIs(size)} AND data IS NOT NULL`,
  ),
  /** Removes rows with data. */
  remove: shapes((size) => `DELETE FROM ${table} WHERE ${keyIs(size)} AND data IS NOT NULL`),
  /** MariaDB's way to remove rows and hear which there were. Column: key. */
  removeReturning: shapes((size) => `DELETE FROM ${table} WHERE ${keyIs(size)} AND data IS NOT NULL RETURNING \`key\``),
  /** Parameters: key, data, key. BLOBs compare byte for byte, without padding. */
  removeEqual: `DELETE FROM ${table} WHERE \`key\` = ? AND data = ? AND ${exact("`key`")} = ${exact("?")}`,
})

/** Every statement of a store. */
export type Statements = ReturnType<typeof makeStatements>
