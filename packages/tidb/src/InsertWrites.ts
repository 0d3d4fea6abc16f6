/**
 * Writes where a key holds nothing: neither data nor a manifest.
 *
 * What a first copy meets is a table without these keys: one INSERT, which writes every row or, where one is there, none. Only
 * then a transaction looks at each: a row may hold data, or be an object in chunks, or hold nothing at all, which other clients bring
 * about and which is an absent object. It locks the rows of `data_table` first, as those that commit chunks do.
 */
import { hash } from "node:crypto"
import { BackendError, type InvalidArgument, type StoreEntry, withMaybeApplied } from "@framedb/core"
import * as Effect from "effect/Effect"
import { foundRowsOf, rowsOf, textOf } from "./answers.ts"
import { bufferOf, entryParameters, keyParameters } from "./batches.ts"
import { refusal } from "./LockingWrites.ts"
import { operations } from "./operations.ts"
import type { SqlClient } from "./SqlClient.ts"
import type { Parameter } from "./SqlConnection.ts"
import { codeOf, SqlFailure } from "./SqlFailure.ts"
import { entriesShape, keysShape, type Statements } from "./statements.ts"
import type { Table } from "./Table.ts"

type Execute = (sql: string, parameters: ReadonlyArray<Parameter>) => Promise<unknown>

/** The keys that hold the bytes they were given. */
type Held = ReadonlySet<string>

/** What a look at each row came to. */
interface Inserted {
  readonly held: Held
  /** A key that the table can't tell apart from another: nothing was written. */
  readonly merging: string | undefined
}

/** Whether a statement met a row that has its key already. */
export const isDuplicate = (thrown: unknown): boolean =>
  codeOf(thrown instanceof SqlFailure ? thrown.thrown : thrown) === "ER_DUP_ENTRY"

const metRow = (error: BackendError): boolean => error.reason.code === "ER_DUP_ENTRY"

/** In statements of sizes that are in use, without filling them up: a row that came twice would be refused. */
const partsOf = (entries: ReadonlyArray<StoreEntry>): ReadonlyArray<ReadonlyArray<StoreEntry>> => {
  const even = entries.length - (entries.length % 8)
  return [entries.slice(0, even), entries.slice(even)].filter((part) => part.length > 0)
}

const hasManifest = async (execute: Execute, key: string): Promise<boolean> => {
  const sql = "SELECT version FROM framedb_manifests WHERE `key` = ? FOR UPDATE"
  try {
    return rowsOf(await execute(sql, [Buffer.from(key, "utf8")])).some(([version]) => textOf(version) !== "")
  } catch (thrown) {
    if (codeOf(thrown instanceof SqlFailure ? thrown.thrown : thrown) === "ER_NO_SUCH_TABLE") return false
    throw thrown
  }
}

/** Makes the write, which gives the keys that hold their bytes now. Every batch has each key once, sorted. */
export const make = (client: SqlClient, statements: Statements, table: Table) => {
  const insertAll = (entries: ReadonlyArray<StoreEntry>): Effect.Effect<Held, BackendError> => {
    const parameters = entryParameters(entries, entries.length)
    const insert = client.run(operations.insertMany, statements.insert(entries.length), parameters, foundRowsOf)
    return Effect.as(insert, new Set(entries.map(({ key }) => key)))
  }

  const insertOthers = (entries: ReadonlyArray<StoreEntry>) =>
    client.transaction<Inserted>(operations.insertMany, async (execute) => {
      const size = entriesShape(entries.length)
      await execute(statements.insertOthers(size), entryParameters(entries, size))
      const shape = keysShape(entries.length)
      const keys = entries.map(({ key }) => key)
      const rows = rowsOf(await execute(statements.lockDigests(shape), keyParameters(keys, shape)))
      const digests = new Map(rows.map(([key, digest]) => [textOf(key), digest]))
      const merging = keys.find((key) => !digests.has(key))
      const held = new Set<string>()
      if (merging !== undefined) return { commit: false, result: { merging, held } }
      for (const { key, data } of entries) {
        const digest = digests.get(key)
        if (digest !== null) {
          if (textOf(digest).toLowerCase() === hash("sha256", data, "hex")) held.add(key)
        } else if (!(await hasManifest(execute, key))) {
          if (foundRowsOf(await execute(statements.fill, [bufferOf(data), key])) > 0) held.add(key)
        }
      }
      return { commit: true, result: { merging, held } }
    })

  const insertPart = Effect.fnUntraced(function* (
    entries: ReadonlyArray<StoreEntry>,
  ): Effect.fn.Return<Held, BackendError | InvalidArgument> {
    const all = yield* Effect.result(insertAll(entries))
    if (all._tag === "Success") return all.success
    if (!metRow(all.failure)) return yield* all.failure
    const { merging, held } = yield* insertOthers(entries)
    return merging === undefined ? held : yield* refusal(merging, table)
  })

  return Effect.fnUntraced(function* (entries: ReadonlyArray<StoreEntry>) {
    const held = new Set<string>()
    for (const [index, part] of partsOf(entries).entries()) {
      const inserted = Effect.mapError(insertPart(part), (error) =>
        error instanceof BackendError && index > 0 ? withMaybeApplied(error, true) : error,
      )
      for (const key of yield* inserted) held.add(key)
    }
    return held
  })
}
