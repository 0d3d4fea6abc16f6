/**
 * The table that every client of a cluster shares: looked at first, created only where it is missing, so that a user
 * without the right to create tables can use one that exists.
 */
import type { BackendError } from "@framedb/core"
import * as Effect from "effect/Effect"
import { numberOf, type Row, rowsOf, textOf } from "./answers.ts"
import { operations } from "./operations.ts"
import type { SqlClient } from "./SqlClient.ts"
import { tableName } from "./statements.ts"

/** What a store has to know of its server and its table. */
export interface Table {
  /** Whether the key column tells all keys apart. Where it does not, writes make sure that they meet no other key. */
  readonly isExact: boolean
  /** The key column's collation, for messages. */
  readonly collation: string
  /** The longest key, in characters. */
  readonly keyCharacters: number
  /** The longest key, in bytes of UTF-8, where the column counts bytes. */
  readonly keyBytes: number | undefined
  /** The longest packet that the server takes, in bytes. */
  readonly maxPacketBytes: number
  /** Whether a DELETE can say what it removed: MariaDB's can. */
  readonly hasReturning: boolean
}

/** Keys are at most this long wherever they are stored, whatever a wider column would take. */
const maxKeyCharacters = 255

/**
 * Collations that compare bytes and do not pad, best first: MySQL 8's (TiDB has it from 7.4 on), MariaDB's, and what is
 * left for older servers, which take trailing spaces for nothing.
 */
const preferredCollations = ["utf8mb4_0900_bin", "utf8mb4_nopad_bin", "utf8mb4_bin"]
const exactCollations: ReadonlySet<string> = new Set(["binary", "utf8mb4_0900_bin", "utf8mb4_nopad_bin"])

const binaryTypes: ReadonlySet<string> = new Set(["varbinary", "binary", "blob", "tinyblob", "mediumblob", "longblob"])

const select = (client: SqlClient, sql: string): Effect.Effect<ReadonlyArray<Row>, BackendError> =>
  client.run(operations.open, sql, [], rowsOf)

/** Makes sure that the table exists and can be used, and reads what a store has to know of it. */
export const openTable = Effect.fnUntraced(function* (client: SqlClient) {
  const [server = []] = yield* select(client, "SELECT VERSION(), @@max_allowed_packet")
  const columns = yield* readColumns(client)
  const found = columns.length > 0 ? columns : yield* createTable(client)
  const index = yield* readKeyIndex(client)
  const problem = problemOf(found, index)
  if (problem !== undefined)
    return yield* client.refused(operations.open, "Rejected", `the table ${tableName} ${problem}`)
  return tableOf(found, index, { version: String(server[0]), maxPacketBytes: numberOf(server[1]) ?? 0 })
})

interface Column {
  readonly name: string
  readonly type: string
  readonly collation: string
  readonly length: number
}

/** How the unique indexes over the key column alone tell keys apart. */
interface KeyIndex {
  /** Only their beginnings are compared. */
  readonly isPrefix: boolean
}

const readColumns = Effect.fnUntraced(function* (client: SqlClient) {
  const rows = yield* select(
    client,
    "SELECT COLUMN_NAME, DATA_TYPE, COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH" +
      ` FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${tableName}'`,
  )
  return rows.map(
    ([name, type, collation, length]): Column => ({
      name: textOf(name).toLowerCase(),
      type: textOf(type).toLowerCase(),
      collation: collation === null ? "binary" : textOf(collation).toLowerCase(),
      length: numberOf(length) ?? 0,
    }),
  )
})

/** The unique indexes over the key column alone, as one; `undefined` where there is none. */
const readKeyIndex = Effect.fnUntraced(function* (client: SqlClient) {
  const rows = yield* select(
    client,
    "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS" +
      ` WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${tableName}' AND NON_UNIQUE = 0`,
  )
  const columnsOf = (index: unknown) => rows.filter(([name]) => name === index).length
  const alone = rows.filter(([index, column]) => textOf(column).toLowerCase() === "key" && columnsOf(index) === 1)
  if (alone.length === 0) return undefined
  return { isPrefix: alone.some(([, , part]) => numberOf(part) !== undefined) } satisfies KeyIndex
})

/** The statement that creates the table, also for people to run. */
const createStatement = (collation: string): string =>
  `CREATE TABLE IF NOT EXISTS \`${tableName}\` (\`key\` VARCHAR(${maxKeyCharacters}) CHARACTER SET utf8mb4` +
  // To all but TiDB a comment; there, rows live in the primary key's own order, which saves a look-up and suits random keys.
  ` COLLATE ${collation} NOT NULL, data LONGBLOB, PRIMARY KEY (\`key\`) /*T![clustered_index] CLUSTERED */)`

const createTable = Effect.fnUntraced(function* (client: SqlClient) {
  const names = preferredCollations.map((name) => `'${name}'`).join(", ")
  const known = yield* select(
    client,
    `SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN (${names})`,
  )
  const collations = new Set(known.map(([name]) => textOf(name).toLowerCase()))
  const sql = createStatement(preferredCollations.find((name) => collations.has(name)) ?? "utf8mb4_bin")
  const created = yield* Effect.result(client.run(operations.open, sql, [], () => undefined))
  // Somebody else may have created it meanwhile, and not every server lets the second one pass in silence.
  const columns = yield* readColumns(client)
  if (columns.length > 0) return columns
  if (created._tag === "Success") {
    return yield* client.refused(operations.open, "Rejected", `the table ${tableName} was created and can't be seen`)
  }
  if (created.failure.reason._tag !== "Unauthorized") return yield* created.failure
  const message = `the table ${tableName} is missing and this user may not create it; run as one who may: ${sql}`
  return yield* client.refused(operations.open, "Unauthorized", message)
})

/** Why a table can't hold objects, or `undefined` where it can. */
const problemOf = (columns: ReadonlyArray<Column>, index: KeyIndex | undefined): string | undefined => {
  const key = columns.find(({ name }) => name === "key")
  const data = columns.find(({ name }) => name === "data")
  if (key === undefined || data === undefined) return "has no columns `key` and data"
  // CHAR and BINARY change the ends of keys.
  if (key.type !== "varchar" && key.type !== "varbinary") return `keeps keys as ${key.type}, expected VARCHAR(255)`
  if (index === undefined) return "lets one key have several rows: it has no unique index over `key` alone"
  if (!binaryTypes.has(data.type)) return `keeps data as ${data.type}, expected LONGBLOB`
  return undefined
}

const tableOf = (
  columns: ReadonlyArray<Column>,
  index: KeyIndex | undefined,
  server: { readonly version: string; readonly maxPacketBytes: number },
): Table => {
  const key = columns.find(({ name }) => name === "key")
  const collation = key?.collation ?? "binary"
  const length = key?.length ?? maxKeyCharacters
  return {
    isExact: exactCollations.has(collation) && index?.isPrefix === false,
    collation,
    keyCharacters: Math.min(length, maxKeyCharacters),
    keyBytes: collation === "binary" ? length : undefined,
    maxPacketBytes: server.maxPacketBytes,
    // From 10.0.5 on, which is older than anything else that is needed here.
    hasReturning: server.version.includes("MariaDB"),
  }
}
