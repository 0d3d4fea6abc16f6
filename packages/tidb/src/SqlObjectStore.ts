/** Objects in a SQL table: one row an object, one statement a batch wherever the server can answer it with one. */
import {
  type BackendError,
  type ObjectKey,
  type ObjectStore,
  SmallCopies,
  type StoreEntry,
  type StoreLimits,
  statedSize,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytesOf, foundRowsOf, numberOf, rowsOf, textOf } from "./answers.ts"
import { bufferOf, distinctEntries, distinctKeys, keyParameters } from "./batches.ts"
import type { SqlChunkStore } from "./chunks/SqlChunkStore.ts"
import * as LockingWrites from "./LockingWrites.ts"
import { operations } from "./operations.ts"
import type { Operation, SqlClient } from "./SqlClient.ts"
import * as StatementWrites from "./StatementWrites.ts"
import { keysShape, makeStatements } from "./statements.ts"
import { problemOfEntries } from "./storeRules.ts"
import type { Table } from "./Table.ts"

/** In place of the size of a row without bytes, which may be an object in chunks. */
const hidden = -1

const sizeOrHidden = (cell: unknown): number | undefined => (cell === null ? hidden : numberOf(cell))

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
  const copies = new SmallCopies()
  const writes = (table.isExact ? StatementWrites : LockingWrites).make(client, statements, table)

  /** Answers a column of each key's row, in the order of the keys. */
  const lookUp = <A>(
    operation: Operation,
    sql: (size: number) => string,
    keys: ReadonlyArray<ObjectKey>,
    decode: (cell: unknown) => A | undefined,
  ): Effect.Effect<ReadonlyArray<Option.Option<A>>, BackendError> => {
    if (keys.length === 0) return Effect.succeed([])
    const size = keysShape(keys.length)
    return client.run(operation, sql(size), keyParameters(keys, size), (answer) => {
      // By the key that came back: on a folding column it may be another one than was asked for.
      const cells = new Map(rowsOf(answer).map(([key, cell]) => [textOf(key), cell]))
      return keys.map((key) => Option.fromUndefinedOr(decode(cells.get(key))))
    })
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
    getMany: (keys) => lookUp(operations.getMany, statements.select, keys, (cell) => bytesOf(cell, copies)),
    sizeMany: (keys) =>
      Effect.flatMap(lookUp(operations.sizeMany, statements.selectSizes, keys, sizeOrHidden), (sizes) =>
        uncover(keys, sizes),
      ),
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
    deleteIfEqual: ({ key, data }) => {
      const parameters = [key, bufferOf(data), key]
      return client.run(
        operations.deleteIfEqual,
        statements.removeEqual,
        parameters,
        (answer) => foundRowsOf(answer) > 0,
      )
    },
  }
}
