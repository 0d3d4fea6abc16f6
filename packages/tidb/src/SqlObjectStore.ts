/** Objects in a SQL table: one row an object, one statement a batch wherever the server can answer it with one. */
import {
  type BackendError,
  type ObjectKey,
  type ObjectStore,
  ReplyBytes,
  type StoredValues,
  type StoreEntry,
  type StoreLimits,
  statedSize,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { bytesOf, numberOf, rowsOf, textOf } from "./answers.ts"
import { distinctEntries, distinctKeys, keyParameters } from "./batches.ts"
import type { SqlChunkStore } from "./chunks/SqlChunkStore.ts"
import * as EqualRemovals from "./EqualRemovals.ts"
import * as InsertWrites from "./InsertWrites.ts"
import * as LockingWrites from "./LockingWrites.ts"
import { operations } from "./operations.ts"
import type { Operation, SqlClient, Statement } from "./SqlClient.ts"
import * as StatementWrites from "./StatementWrites.ts"
import { keysShape, makeStatements } from "./statements.ts"
import { problemOfEntries } from "./storeRules.ts"
import type { Table } from "./Table.ts"

/** In place of the size of a row without bytes, which may be an object in chunks. */
const hidden = -1

const sizeOrHidden = (cell: unknown): number | undefined => (cell === null ? hidden : numberOf(cell))

/** Digits are small in every server that is known; a server without digests answers NULL. */
const digestOf = (cell: unknown): string | undefined =>
  cell === null || cell === undefined ? undefined : textOf(cell).toLowerCase()

const isHidden = (size: Option.Option<number> | undefined): boolean =>
  size !== undefined && Option.isSome(size) && size.value === hidden

const none = Effect.succeed<ReadonlySet<string>>(new Set())

/** Makes the store of an open table. */
export const make = (
  client: SqlClient,
  table: Table,
  limits: StoreLimits,
  chunks: Pick<SqlChunkStore, "manifests" | "remove">,
): ObjectStore => {
  const statements = makeStatements()
  const replies = new ReplyBytes()
  const writes = (table.isExact ? StatementWrites : LockingWrites).make(client, statements, table)

  const insert = InsertWrites.make(client, statements, table)
  const removeEqual = EqualRemovals.make(client, statements)

  /** Asks for a column of each key's row, which is answered in the order of the keys. */
  const column = <A>(
    sql: (size: number) => string,
    keys: ReadonlyArray<ObjectKey>,
    decode: (cell: unknown) => A | undefined,
  ): Statement<ReadonlyArray<Option.Option<A>>> => {
    const size = keysShape(keys.length)
    return {
      sql: sql(size),
      parameters: keyParameters(keys, size),
      decode: (answer) => {
        // By the key that came back: on a folding column it may be another one than was asked for.
        const cells = new Map(rowsOf(answer).map(([key, cell]) => [textOf(key), cell]))
        return keys.map((key) => Option.fromUndefinedOr(decode(cells.get(key))))
      },
    }
  }

  const valueOf = (cell: unknown) => bytesOf(cell, replies)

  /** Reads several values, or one without its key where the column tells all keys apart. */
  const values = (keys: ReadonlyArray<ObjectKey>): Statement<StoredValues> => {
    const [key] = keys
    if (key === undefined || keys.length > 1 || !table.isExact) return column(statements.select, keys, valueOf)
    const decode = (answer: unknown) => [Option.fromUndefinedOr(valueOf(rowsOf(answer)[0]?.[0]))]
    return { sql: statements.selectOne, parameters: keys, decode }
  }

  const startGetMany = (
    keys: ReadonlyArray<ObjectKey>,
    resume: (exit: Exit.Exit<StoredValues, BackendError>) => void,
  ): (() => void) => client.start(operations.getMany, values(keys), resume)

  const sizes = (keys: ReadonlyArray<ObjectKey>) => {
    const { sql, parameters, decode } = column(statements.selectSizes, keys, sizeOrHidden)
    return Effect.flatMap(client.run(operations.sizeMany, sql, parameters, decode), (found) => uncover(keys, found))
  }

  const digests = (keys: ReadonlyArray<ObjectKey>) => {
    const { sql, parameters, decode } = column(statements.selectDigests, keys, digestOf)
    return client.run(operations.digestMany, sql, parameters, decode)
  }

  /** Refuses what the table can't hold before anything is sent. */
  const checked = <A, E>(
    operation: Operation,
    entries: ReadonlyArray<StoreEntry>,
    write: () => Effect.Effect<A, E>,
  ): Effect.Effect<A, E | BackendError> => {
    const problem = problemOfEntries(entries, table, limits)
    return problem === undefined ? write() : Effect.fail(client.refused(operation, "Rejected", problem))
  }

  /** Takes the sizes of rows without bytes from their manifests. */
  const uncover = (keys: ReadonlyArray<ObjectKey>, sizes: ReadonlyArray<Option.Option<number>>) => {
    const unclear = keys.filter((_, index) => isHidden(sizes[index]))
    if (unclear.length === 0) return Effect.succeed(sizes)
    return Effect.map(chunks.manifests(unclear), (manifests) =>
      sizes.map((size, index) =>
        isHidden(size) ? Option.map(Option.fromUndefinedOr(manifests.get(keys[index] ?? "")), statedSize) : size,
      ),
    )
  }

  const removeLarge = (keys: ReadonlyArray<ObjectKey>) =>
    Effect.map(
      Effect.filter(keys, (key) => chunks.remove(key, { _tag: "Any" })),
      (removed): ReadonlySet<string> => new Set(removed),
    )

  return {
    limits,
    getMany: (keys) =>
      keys.length === 0 ? Effect.succeed([]) : Effect.callback((resume) => Effect.sync(startGetMany(keys, resume))),
    startGetMany,
    digestMany: (keys) => (keys.length === 0 ? Effect.succeed([]) : digests(keys)),
    sizeMany: (keys) => (keys.length === 0 ? Effect.succeed([]) : sizes(keys)),
    setMany: (entries) => {
      if (entries.length === 0) return Effect.void
      return checked(operations.setMany, entries, () => writes.set(distinctEntries(entries)))
    },
    replaceMany: (entries) => {
      if (entries.length === 0) return Effect.succeed([])
      return checked(operations.replaceMany, entries, () =>
        Effect.map(writes.replace(distinctEntries(entries)), (found) => entries.map(({ key }) => found.has(key))),
      )
    },
    insertMany: (entries) => {
      if (entries.length === 0) return Effect.succeed([])
      return checked(operations.insertMany, entries, () =>
        Effect.map(insert(distinctEntries(entries)), (held) => entries.map(({ key }) => held.has(key))),
      )
    },
    deleteMany: (keys) => {
      if (keys.length === 0) return Effect.succeed([])
      const each = distinctKeys(keys)
      return Effect.flatMap(chunks.manifests(each), (manifests) => {
        const large = each.filter((key) => manifests.has(key))
        const plain = large.length === 0 ? each : each.filter((key) => !manifests.has(key))
        return Effect.map(
          Effect.all([plain.length === 0 ? none : writes.remove(plain), removeLarge(large)]),
          ([values, objects]) => keys.map((key) => values.has(key) || objects.has(key)),
        )
      })
    },
    deleteManyIfEqual: (entries) => (entries.length === 0 ? Effect.succeed([]) : removeEqual(entries)),
  }
}
