/**
 * Entries in one SQL table, which any number of servers can share.
 *
 * Every entry has a random revision. A change reads entry and revision, and writes only where that revision still
 * stands: no lock that outlives a statement, the same on SQLite, MySQL, MariaDB and TiDB. Many entries are changed so in
 * one transaction, whose locks last until it ends. Where others interfere, by a revision, a lock or a deadlock, it is undone,
 * and each entry is then changed by itself.
 */
import type { JsonObject } from "@framedb/core"
import { type Collection, maxLookupIds } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import { type Change, RouteStore, type StoredEntry, StoreError } from "./RouteStore.ts"
import type { SqlDriver, SqlRow, SqlValue } from "./SqlDriver.ts"
import { changesOf, type Put, padded, table } from "./sqlPuts.ts"

/** How often a change is tried while other servers change the same entry. */
const maxChangeAttempts = 50

/**
 * How many changes of single entries can run at once here. Those of one entry run one after the other: they would only undo
 * each other's attempts. Changes of many entries wait for no lane, and give way as to those of other servers.
 */
const changeLanes = 64

/** Entries of a batch that are changed at once where others interfered with it. */
const changesAtOnce = 8

const decodeFields = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.JsonObject))

const bytesOf = (value: unknown): string => {
  if (typeof value === "string") return value
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString() : ""
}

const laneOf = (id: string): number => {
  let hash = 0
  for (let index = 0; index < id.length; index++) hash = (hash * 31 + id.charCodeAt(index)) | 0
  return Math.abs(hash) % changeLanes
}

/** The least string of bytes that is above every one that begins with `prefix`; `undefined` where there is none. */
const endOfPrefix = (prefix: Buffer): Buffer | undefined => {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix[length - 1]
    if (last !== undefined && last < 0xff) return Buffer.concat([prefix.subarray(0, length - 1), Buffer.of(last + 1)])
  }
  return undefined
}

/** The first rows, up to the one by which they take so many bytes. */
const fitting = (rows: ReadonlyArray<SqlRow>, maxBytes: number): ReadonlyArray<SqlRow> => {
  let bytes = 0
  const last = rows.findIndex((row) => {
    bytes += Number(row["size"])
    return bytes >= maxBytes
  })
  return last === -1 ? rows : rows.slice(0, last + 1)
}

interface Version {
  readonly fields: JsonObject
  readonly revision: string
}

/** Makes a store on a database, and its table where there is none. */
export const make = Effect.fnUntraced(function* (
  driver: SqlDriver,
): Effect.fn.Return<RouteStore["Service"], StoreError> {
  yield* driver.write(driver.dialect.createTable, [])
  const lanes = Array.from({ length: changeLanes }, () => Semaphore.makeUnsafe(1))

  const fieldsOf = (operation: string, row: SqlRow) =>
    Effect.mapError(
      decodeFields(bytesOf(row["fields"])),
      () => new StoreError({ operation, message: "a stored entry is not a JSON object" }),
    )

  const readVersion = Effect.fnUntraced(function* (collection: Collection, id: string) {
    const sql = `SELECT fields, revision FROM ${table} WHERE collection = ? AND id = ?`
    const [row] = yield* driver.query(sql, [collection, Buffer.from(id)])
    if (row === undefined) return undefined
    const version: Version = { fields: yield* fieldsOf("change", row), revision: bytesOf(row["revision"]) }
    return version
  })

  /** Writes one version after another; gives whether it still was that other. */
  const swap = Effect.fnUntraced(function* (
    key: readonly [Collection, Buffer],
    before: Version | undefined,
    after: JsonObject | undefined,
  ) {
    const revision = String(yield* Random.nextInt)
    if (after === undefined) {
      if (before === undefined) return true
      const sql = `DELETE FROM ${table} WHERE collection = ? AND id = ? AND revision = ?`
      return (yield* driver.write(sql, [...key, before.revision])) > 0
    }
    const fields = Buffer.from(JSON.stringify(after))
    if (before === undefined) {
      const sql = `${driver.dialect.insertOrIgnore} INTO ${table} (collection, id, revision, fields) VALUES (?, ?, ?, ?)`
      return (yield* driver.write(sql, [...key, revision, fields])) > 0
    }
    const sql = `UPDATE ${table} SET fields = ?, revision = ? WHERE collection = ? AND id = ? AND revision = ?`
    return (yield* driver.write(sql, [fields, revision, ...key, before.revision])) > 0
  })

  const change = Effect.fnUntraced(function* (
    collection: Collection,
    id: string,
    next: (current: JsonObject | undefined) => JsonObject | undefined,
  ): Effect.fn.Return<Change, StoreError> {
    for (let attempt = 1; attempt <= maxChangeAttempts; attempt++) {
      const before = yield* readVersion(collection, id)
      const after = next(before?.fields)
      if (after === before?.fields || (yield* swap([collection, Buffer.from(id)], before, after))) {
        return { before: Option.fromUndefinedOr(before?.fields), after: Option.fromUndefinedOr(after) }
      }
      // Whoever came first is done soon; servers that collided should not meet again at once.
      yield* Effect.sleep((yield* Random.next) * Math.min(attempt, 10))
    }
    const message = `other servers changed the entry during each of ${maxChangeAttempts} attempts`
    return yield* new StoreError({ operation: "change", message })
  })

  const readRows = (columns: string, collection: Collection, ids: ReadonlyArray<string>) => {
    const asked = padded(ids, ids[0] ?? "")
    const places = asked.map(() => "?").join(", ")
    const sql = `SELECT id, ${columns} FROM ${table} WHERE collection = ? AND id IN (${places})`
    return driver.query(sql, [collection, ...asked.map((id) => Buffer.from(id))])
  }

  const readMany = Effect.fnUntraced(function* (collection: Collection, ids: ReadonlyArray<string>) {
    if (ids.length === 0) return []
    const rows = yield* readRows("fields", collection, ids)
    const found = new Map<string, JsonObject>()
    for (const row of rows) found.set(bytesOf(row["id"]), yield* fieldsOf("readMany", row))
    return ids.map((id) => Option.fromUndefinedOr(found.get(id)))
  })

  const changeInTurn: RouteStore["Service"]["change"] = (collection, id, next) => {
    const lane = lanes[laneOf(id)]
    const changing = change(collection, id, next)
    return lane === undefined ? changing : lane.withPermit(changing)
  }

  const readVersions = Effect.fnUntraced(function* (collection: Collection, ids: ReadonlyArray<string>) {
    const versions = new Map<string, Version>()
    for (const row of yield* readRows("fields, revision", collection, ids)) {
      const version = { fields: yield* fieldsOf("changeMany", row), revision: bytesOf(row["revision"]) }
      versions.set(bytesOf(row["id"]), version)
    }
    return versions
  })

  /** Changes entries in one transaction; nothing where others have interfered. */
  const changeTogether = Effect.fnUntraced(function* (
    collection: Collection,
    ids: ReadonlyArray<string>,
    next: (current: JsonObject | undefined, id: string) => JsonObject | undefined,
  ) {
    const versions = yield* readVersions(collection, ids)
    const puts: Array<Put> = []
    const changes = ids.map((id): Change => {
      const version = versions.get(id)
      const before = version?.fields
      const after = next(before, id)
      if (after !== before && after !== undefined) {
        puts.push({ id: Buffer.from(id), fields: Buffer.from(JSON.stringify(after)), was: version?.revision })
      }
      return { before: Option.fromUndefinedOr(before), after: Option.fromUndefinedOr(after) }
    })
    if (puts.length === 0) return changes
    const revision = String(yield* Random.nextInt)
    const isDone = yield* driver.writeAll(changesOf(collection, revision, puts, driver.dialect))
    return isDone ? changes : undefined
  })

  const changeMany: RouteStore["Service"]["changeMany"] = Effect.fnUntraced(function* (collection, ids, next) {
    const together = ids.length > 1 ? yield* changeTogether(collection, ids, next) : undefined
    if (together !== undefined) return together
    const changeOne = (id: string) => changeInTurn(collection, id, (current) => next(current, id))
    return yield* Effect.forEach(ids, changeOne, { concurrency: changesAtOnce })
  })

  /** The entries of rows, of which the large ones have yet to be read; without those that have gone meanwhile. */
  const readLarge = Effect.fnUntraced(function* (collection: Collection, rows: ReadonlyArray<SqlRow>) {
    const large = rows.filter((row) => row["fields"] === null).map((row) => bytesOf(row["id"]))
    const found = new Map<string, JsonObject>()
    for (let index = 0; index < large.length; index += maxLookupIds) {
      const ids = large.slice(index, index + maxLookupIds)
      for (const [at, fields] of (yield* readMany(collection, ids)).entries()) {
        if (Option.isSome(fields)) found.set(ids[at] ?? "", fields.value)
      }
    }
    const entries: Array<StoredEntry> = []
    for (const row of rows) {
      const id = bytesOf(row["id"])
      const fields = row["fields"] === null ? found.get(id) : yield* fieldsOf("page", row)
      if (fields !== undefined) entries.push({ id, fields })
    }
    return entries
  })

  const page: RouteStore["Service"]["page"] = Effect.fnUntraced(function* (collection, request) {
    const conditions = ["collection = ?"]
    const values: Array<SqlValue> = [collection]
    const where = (condition: string, value: Buffer) => {
      conditions.push(condition)
      values.push(value)
    }
    if (request.after !== undefined) where("id > ?", Buffer.from(request.after))
    if (request.prefix !== undefined && request.prefix !== "") {
      const prefix = Buffer.from(request.prefix)
      where("id >= ?", prefix)
      const end = endOfPrefix(prefix)
      if (end !== undefined) where("id < ?", end)
    }
    const limit = Math.trunc(request.limit)
    // So many small ones fit. Of the others only the size comes along: a page of them could be larger than the memory.
    const smallBytes = Math.floor(request.maxBytes / limit)
    const columns = `id, LENGTH(fields) AS size, CASE WHEN LENGTH(fields) <= ${smallBytes} THEN fields END AS fields`
    const sql = `SELECT ${columns} FROM ${table} WHERE ${conditions.join(" AND ")} ORDER BY id LIMIT ${limit}`
    const found = yield* driver.query(sql, values)
    const rows = fitting(found, request.maxBytes)
    const entries = yield* readLarge(collection, rows)
    return { entries, isLast: rows.length === found.length && rows.length < limit }
  })

  return RouteStore.of({
    readMany,
    change: changeInTurn,
    changeMany,
    page,
    ping: Effect.asVoid(driver.query("SELECT 1", [])),
  })
})
