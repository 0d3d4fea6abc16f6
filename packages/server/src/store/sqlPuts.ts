/**
 * The statements that put many entries at once: those that are new, and those whose revision still stands.
 *
 * Rows are repeated up to a power of two, which keeps the number of prepared statements small and changes nothing; they
 * are in the order of their ids, so that batches which meet mostly lock them in one order. What is large is put by several
 * statements, since a server takes no packet above its `max_allowed_packet`.
 */
import type { Collection } from "@framedb/routing"
import type { SqlChange, SqlDriver } from "./SqlDriver.ts"

/** The table of all entries. */
export const table = "framedb_entries"

/** An entry to be put. */
export interface Put {
  readonly id: Buffer
  readonly fields: Buffer
  /** The revision of the entry that it replaces. */
  readonly was: string | undefined
}

/** Repeats one of the items until there is a power of two of them. */
export const padded = <A>(items: ReadonlyArray<A>, filler: A): ReadonlyArray<A> =>
  Array.from({ length: 2 ** Math.ceil(Math.log2(items.length)) }, (_, index) => items[index] ?? filler)

/** The most bytes of fields in a statement. Rows that are repeated at most double them: below the 4 MiB of old servers. */
const fieldBytesPerStatement = 1024 * 1024

const byId = (puts: ReadonlyArray<Put>): ReadonlyArray<Put> =>
  puts.toSorted((left, right) => Buffer.compare(left.id, right.id))

const sorted = (puts: ReadonlyArray<Put>): ReadonlyArray<Put> => {
  const smallest = puts.reduce((small, put) => (put.fields.length < small.fields.length ? put : small))
  return byId(padded(puts, smallest))
}

/** Parts in the order of ids, each small enough for a statement. */
const parted = (puts: ReadonlyArray<Put>): ReadonlyArray<ReadonlyArray<Put>> => {
  const parts: Array<Array<Put>> = []
  let bytes = Number.POSITIVE_INFINITY
  for (const put of byId(puts)) {
    bytes += put.fields.length
    if (bytes > fieldBytesPerStatement) {
      parts.push([])
      bytes = put.fields.length
    }
    parts.at(-1)?.push(put)
  }
  return parts
}

const times = (count: number, text: string, separator: string): string =>
  Array.from({ length: count }, () => text).join(separator)

const insertOf = (collection: Collection, revision: string, puts: ReadonlyArray<Put>, insertOrIgnore: string) => {
  const rows = sorted(puts)
  return {
    sql: `${insertOrIgnore} INTO ${table} (collection, id, revision, fields) VALUES ${times(rows.length, "(?, ?, ?, ?)", ", ")}`,
    values: rows.flatMap(({ id, fields }) => [collection, id, revision, fields]),
    rows: puts.length,
  }
}

const updateOf = (collection: Collection, revision: string, puts: ReadonlyArray<Put>) => {
  const rows = sorted(puts)
  const ofId = `CASE id ${times(rows.length, "WHEN ? THEN ?", " ")} END`
  const ids = times(rows.length, "?", ", ")
  return {
    sql: `UPDATE ${table} SET fields = ${ofId}, revision = ? WHERE collection = ? AND id IN (${ids}) AND revision = ${ofId}`,
    values: [
      ...rows.flatMap(({ id, fields }) => [id, fields]),
      revision,
      collection,
      ...rows.map(({ id }) => id),
      ...rows.flatMap(({ id, was }) => [id, was ?? ""]),
    ],
    rows: puts.length,
  }
}

/** The statements that put entries with ids that differ, if all of them are as they were read. */
export const changesOf = (
  collection: Collection,
  revision: string,
  puts: ReadonlyArray<Put>,
  { insertOrIgnore }: SqlDriver["dialect"],
): ReadonlyArray<SqlChange> => {
  const fresh = puts.filter(({ was }) => was === undefined)
  const known = puts.filter(({ was }) => was !== undefined)
  return [
    ...parted(fresh).map((part) => insertOf(collection, revision, part, insertOrIgnore)),
    ...parted(known).map((part) => updateOf(collection, revision, part)),
  ]
}
