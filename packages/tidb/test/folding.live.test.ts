import { assert, describe, it } from "@effect/vitest"
import type { ObjectStore } from "@framedb/core"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytes, freshDatabase, key, open, sql } from "./support.ts"

/** As Python clients create it, on a server whose default collation folds case and trailing spaces. */
const pythonTable =
  "CREATE TABLE data_table (`key` VARCHAR(255) PRIMARY KEY, data LONGBLOB)" +
  " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
/** Tells case and accents apart, and takes trailing spaces for nothing. */
const paddingTable =
  "CREATE TABLE data_table (`key` VARCHAR(255) PRIMARY KEY, data LONGBLOB) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

/** Tells keys apart by their beginnings alone. */
const prefixTable =
  "CREATE TABLE data_table (`key` VARCHAR(255) COLLATE utf8mb4_bin, data LONGBLOB, PRIMARY KEY (`key`(4)))" +
  " CHARACTER SET utf8mb4"

const entry = (name: string, text: string) => ({ key: key(name), data: bytes(text) })
const some = (text: string) => Option.some(bytes(text))

const refusedKey = Effect.fnUntraced(function* (
  store: ObjectStore,
  ...entries: ReadonlyArray<readonly [string, string]>
) {
  const error = yield* Effect.flip(store.setMany(entries.map(([name, text]) => entry(name, text))))
  assert.strictEqual(error._tag, "InvalidArgument")
})

for (const [name, table, twins] of [
  ["folds case, accents and spaces", pythonTable, ["Case", "case", "cäse", "case "]],
  ["is exact while its index is not", prefixTable, ["case", "case0", "caseX"]],
  ["pads", paddingTable, ["case", "case ", "case  "]],
] as const) {
  describe(`a table that somebody else created, whose key column ${name}`, () => {
    const opened = Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl, table)
      return { url, store: (yield* open(url)).objects }
    })
    const [held, ...others] = twins

    it.live("refuses a key that would merge with another one, alone and in a batch, and writes nothing", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { url, store } = yield* opened
          yield* store.setMany([entry(held, "held")])
          for (const twin of others) {
            yield* refusedKey(store, [twin, "twin"])
            yield* refusedKey(store, ["new", "new"], [twin, "twin"])
            yield* refusedKey(store, [twin, "twin"], [held, "changed"])
          }
          const rows = yield* sql(url, "SELECT `key`, data FROM data_table")
          assert.deepStrictEqual(rows, [{ key: held, data: Buffer.from("held") }])
        }),
      ),
    )

    it.live("inserts beside no key that would merge, and around those that are there", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { url, store } = yield* opened
          assert.deepStrictEqual(yield* store.insertMany([entry(held, "held"), entry("else", "else")]), [true, true])
          assert.deepStrictEqual(yield* store.insertMany([entry(held, "x"), entry("new", "new")]), [false, true])
          for (const twin of others) {
            const error = yield* Effect.flip(store.insertMany([entry("other", "other"), entry(twin, "twin")]))
            assert.strictEqual(error._tag, "InvalidArgument")
          }
          const rows = yield* sql(url, "SELECT `key`, data FROM data_table ORDER BY data")
          assert.deepStrictEqual(
            rows,
            ["else", held, "new"].map((it, index) => ({
              key: it,
              data: Buffer.from(["else", "held", "new"][index] ?? ""),
            })),
          )
        }),
      ),
    )

    it.live("refuses two new keys of one batch that would merge", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { store } = yield* opened
          for (const twin of others) yield* refusedKey(store, [held, "one"], [twin, "other"])
          assert.deepStrictEqual(yield* store.getMany([key(held)]), [Option.none()])
        }),
      ),
    )

    it.live("never answers, replaces or removes under one key what another one holds", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { store } = yield* opened
          yield* store.setMany([entry(held, "held"), entry("else", "else")])
          const names = [...others, held, "else", "missing"].map(key)
          const has = [...others.map(() => false), true, true, false]
          const found = yield* store.getMany(names)
          assert.deepStrictEqual(found.map(Option.isSome), has)
          assert.deepStrictEqual((yield* store.sizeMany(names)).map(Option.isSome), has)
          for (const twin of others) {
            assert.deepStrictEqual(yield* store.getMany([key(twin)]), [Option.none()])
            assert.deepStrictEqual(yield* store.sizeMany([key(twin)]), [Option.none()])
            assert.deepStrictEqual(yield* store.replaceMany([entry(twin, "x")]), [false])
            assert.deepStrictEqual(yield* store.deleteMany([key(twin)]), [false])
            assert.deepStrictEqual(yield* store.deleteManyIfEqual([entry(twin, "held")]), [false])
          }
          const askedOfTwins = [...others, "missing"].map((twin) => entry(twin, "held"))
          const refused = askedOfTwins.map(() => false)
          assert.deepStrictEqual(yield* store.deleteManyIfEqual([...askedOfTwins, entry(held, "x")]), [
            ...refused,
            false,
          ])
          assert.deepStrictEqual(yield* store.deleteManyIfEqual([entry(held, "held"), ...askedOfTwins]), [
            true,
            ...refused,
          ])
          yield* store.setMany([entry(held, "held")])
          const replaced = yield* store.replaceMany([...others.map((twin) => entry(twin, "x")), entry(held, "new")])
          assert.deepStrictEqual(replaced, [...others.map(() => false), true])
          assert.deepStrictEqual(yield* store.getMany([key(held)]), [some("new")])
          assert.deepStrictEqual(yield* store.deleteMany(names), has)
          assert.deepStrictEqual(yield* store.getMany([key(held), key("else")]), [Option.none(), Option.none()])
        }),
      ),
    )

    it.live("lets one of many concurrent writers of merging keys win, and tells the others", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { store } = yield* opened
          for (let round = 0; round < 5; round++) {
            const names = twins.map((twin) => `${twin.slice(0, 3)}${round}${twin}`)
            const outcomes = yield* Effect.forEach(
              names,
              (twin) =>
                Effect.result(Effect.retry(store.setMany([entry(twin, twin)]), { while: isDeadlock, times: 20 })),
              { concurrency: "unbounded" },
            )
            const winners = names.filter((_, index) => outcomes[index]?._tag === "Success")
            const refused = outcomes.filter((it) => it._tag === "Failure" && it.failure._tag === "InvalidArgument")
            assert.strictEqual(winners.length, 1)
            assert.strictEqual(refused.length, names.length - 1)
            const found = yield* store.getMany(names.map(key))
            assert.deepStrictEqual(found.filter(Option.isSome), winners.map(some))
          }
        }),
      ),
    )
  })
}

const isDeadlock = (error: { readonly _tag: string; readonly isRetryable?: boolean }) => error.isRetryable === true
