/**
 * The tables of objects in chunks. They are created when the first such object is written, and missing ones mean that
 * there are none: a user without the right to create tables still has every plain object.
 *
 * | table | a row |
 * | --- | --- |
 * | `data_table` | of an object in chunks its `data` is NULL, which is absent to clients that know no chunks |
 * | `framedb_manifests` | what the key's object consists of; it counts only beside that NULL |
 * | `framedb_chunks` | a chunk, under a hash of its version and index: rows of one object lie apart, so that writing it heats no single region |
 * | `framedb_versions` | a version whose chunks no manifest refers to, and when they are due to go |
 */
import { createHash } from "node:crypto"
import { BackendError, type ChunkName } from "@framedb/core"
import * as Effect from "effect/Effect"
import type { Operation, SqlClient } from "../SqlClient.ts"

/** Names the row of a chunk. */
export const chunkId = ({ version, index }: Pick<ChunkName, "version" | "index">): Buffer =>
  createHash("sha256").update(`${version}:${index}`).digest().subarray(0, 16)

const version = "version CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL"
const clustered = "/*T![clustered_index] CLUSTERED */"

/** The statements that create the tables, also for people to run. */
const createStatements: ReadonlyArray<string> = [
  `CREATE TABLE IF NOT EXISTS framedb_manifests (\`key\` VARBINARY(1020) NOT NULL, ${version},` +
    ` chunks INT UNSIGNED NOT NULL, manifest LONGBLOB NOT NULL, PRIMARY KEY (\`key\`) ${clustered})`,
  `CREATE TABLE IF NOT EXISTS framedb_chunks (id BINARY(16) NOT NULL, data LONGBLOB NOT NULL,` +
    ` PRIMARY KEY (id) ${clustered})`,
  `CREATE TABLE IF NOT EXISTS framedb_versions (${version}, chunks INT UNSIGNED NOT NULL, due DATETIME(3) NOT NULL,` +
    ` PRIMARY KEY (version) ${clustered}, KEY due (due))`,
]

/** Whether a statement failed because there are no objects in chunks, and never were. */
export const isMissingTable = (error: unknown): boolean =>
  error instanceof BackendError && error.reason.code === "ER_NO_SUCH_TABLE"

/** Creates what is missing. Fails as `Unauthorized` with the statements to run where this user may not. */
export const createTables = Effect.fnUntraced(function* (client: SqlClient, operation: Operation) {
  for (const sql of createStatements) {
    const created = yield* Effect.result(client.run(operation, sql, [], () => undefined))
    if (created._tag === "Success") continue
    if (created.failure.reason._tag !== "Unauthorized") return yield* created.failure
    const message = `the tables of large objects are missing and this user may not create them; run as one who may: ${createStatements.join("; ")}`
    return yield* client.refused(operation, "Unauthorized", message)
  }
})
