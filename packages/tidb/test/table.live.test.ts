import { assert, describe, it } from "@effect/vitest"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { bytes, freshDatabase, key, open, sql, withStore } from "./support.ts"

const exactTable =
  "CREATE TABLE data_table (`key` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, data LONGBLOB)"

describe("the shared table", () => {
  it.live("is created once by many clients that open at the same time, with a collation that compares bytes", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const url = yield* freshDatabase(provided().sqlUrl)
        const clients = yield* Effect.forEach(Array.from({ length: 12 }), () => open(url), { concurrency: "unbounded" })
        const entries = clients.map((_, index) => ({ key: key(`k${index}`), data: bytes(`v${index}`) }))
        yield* Effect.forEach(clients, (client, index) => client.objects.setMany(entries.slice(index, index + 1)), {
          concurrency: "unbounded",
        })
        const [first] = clients
        const found = yield* first?.objects.getMany(entries.map((it) => it.key)) ?? Effect.succeed([])
        assert.deepStrictEqual(
          found,
          entries.map((it) => Option.some(it.data)),
        )
        const [row] = yield* sql(
          url,
          "SELECT 'a' = 'a ' COLLATE utf8mb4_bin AS pads, c.COLLATION_NAME AS name FROM" +
            " information_schema.COLUMNS c WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'data_table' AND COLUMN_NAME = 'key'",
        )
        assert.include(["utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"], row?.["name"])
      }),
    ),
  )

  it.live("takes a row without data for no object, and leaves it alone", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const url = yield* freshDatabase(
          provided().sqlUrl,
          exactTable,
          "INSERT INTO data_table VALUES ('null', NULL), ('empty', '')",
        )
        const { objects } = yield* open(url)
        const keys = [key("null"), key("empty")]
        assert.deepStrictEqual(yield* objects.getMany(keys), [Option.none(), Option.some(bytes(""))])
        assert.deepStrictEqual(yield* objects.sizeMany(keys), [Option.none(), Option.some(0)])
        const entries = keys.map((it) => ({ key: it, data: bytes("new") }))
        assert.deepStrictEqual(yield* objects.replaceMany(entries), [false, true])
        assert.deepStrictEqual(yield* objects.deleteMany(keys), [false, true])
        const ofNull = { key: key("null"), data: bytes("") }
        assert.deepStrictEqual(yield* objects.deleteManyIfEqual([ofNull]), [false])
        assert.deepStrictEqual(yield* objects.deleteManyIfEqual([ofNull, ofNull]), [false, false])
        const rows = yield* sql(url, "SELECT `key`, data FROM data_table")
        assert.deepStrictEqual(rows, [{ key: "null", data: null }])
        yield* objects.setMany(entries)
        assert.deepStrictEqual(yield* objects.getMany(keys), [Option.some(bytes("new")), Option.some(bytes("new"))])
      }),
    ),
  )

  it.live("inserts into a row without data, which is no object, and into none that has any", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const url = yield* freshDatabase(
          provided().sqlUrl,
          exactTable,
          "INSERT INTO data_table VALUES ('null', NULL), ('empty', '')",
        )
        const { objects } = yield* open(url)
        const keys = [key("null"), key("empty"), key("new")]
        const entries = keys.map((it) => ({ key: it, data: bytes("new") }))
        assert.deepStrictEqual(yield* objects.insertMany(entries), [true, false, true])
        const stored = [Option.some(bytes("new")), Option.some(bytes("")), Option.some(bytes("new"))]
        assert.deepStrictEqual(yield* objects.getMany(keys), stored)
      }),
    ),
  )

  it.live("is read and written as somebody else's client does", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const url = yield* freshDatabase(provided().sqlUrl)
        const { objects } = yield* open(url)
        yield* objects.setMany([{ key: key("ours"), data: Uint8Array.of(0, 255, 39, 92) }])
        yield* sql(url, "INSERT INTO data_table (`key`, data) VALUES ('theirs', x'00ff275c')")
        const rows = yield* sql(url, "SELECT HEX(data) AS hex FROM data_table ORDER BY `key`")
        assert.deepStrictEqual(rows, [{ hex: "00FF275C" }, { hex: "00FF275C" }])
        assert.deepStrictEqual(yield* objects.getMany([key("theirs")]), [Option.some(Uint8Array.of(0, 255, 39, 92))])
      }),
    ),
  )

  it.live("is refused where it can't hold objects", () =>
    Effect.scoped(
      Effect.gen(function* () {
        for (const table of [
          "CREATE TABLE data_table (`key` VARCHAR(255), data LONGBLOB)",
          "CREATE TABLE data_table (`key` VARCHAR(64), n INT, data LONGBLOB, PRIMARY KEY (`key`, n))",
          "CREATE TABLE data_table (`key` VARCHAR(255) PRIMARY KEY, data LONGTEXT)",
          "CREATE TABLE data_table (id INT PRIMARY KEY, value LONGBLOB)",
          "CREATE TABLE data_table (`key` CHAR(255) PRIMARY KEY, data LONGBLOB)",
          "CREATE TABLE data_table (`key` BINARY(16) PRIMARY KEY, data LONGBLOB)",
        ]) {
          const url = yield* freshDatabase(provided().sqlUrl, table)
          const error = yield* Effect.flip(Effect.scoped(open(url)))
          assert.strictEqual(error._tag === "BackendError" && error.reason._tag, "Rejected")
        }
      }),
    ),
  )

  it.live("bounds keys by its column: characters, or bytes where it counts bytes", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const narrow = yield* freshDatabase(provided().sqlUrl, exactTable.replace("255", "10"))
        const store = (yield* open(narrow)).objects
        assert.strictEqual(store.limits.keyCharacters, 10)
        yield* store.setMany([{ key: key("😀".repeat(10)), data: bytes("x") }])
        const long = yield* Effect.flip(store.setMany([{ key: key("x".repeat(11)), data: bytes("x") }]))
        assert.strictEqual(long._tag === "BackendError" && long.reason._tag, "Rejected")
        const counting = yield* freshDatabase(
          provided().sqlUrl,
          "CREATE TABLE data_table (`key` VARBINARY(255) PRIMARY KEY, data BLOB)",
        )
        const byBytes = (yield* open(counting)).objects
        yield* byBytes.setMany([{ key: key("x".repeat(255)), data: bytes("x") }])
        const wide = yield* Effect.flip(byBytes.setMany([{ key: key("é".repeat(128)), data: bytes("x") }]))
        assert.strictEqual(wide._tag === "BackendError" && wide.reason._tag, "Rejected")
        const cut = yield* Effect.flip(byBytes.setMany([{ key: key("large"), data: new Uint8Array(70_000) }]))
        assert.strictEqual(cut._tag === "BackendError" && cut.reason._tag, "Rejected")
        assert.strictEqual(cut._tag === "BackendError" && cut.maybeApplied, false)
        assert.deepStrictEqual(yield* byBytes.getMany([key("large")]), [Option.none()])
      }),
    ),
  )

  it.live("is used without the right to create one; where it is missing, the error says what to run", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const url = yield* freshDatabase(provided().sqlUrl, exactTable)
        const empty = yield* freshDatabase(provided().sqlUrl)
        const user = `u${Date.now().toString(36)}`
        const name = new URL(url).pathname.slice(1)
        const emptyName = new URL(empty).pathname.slice(1)
        yield* sql(
          url,
          `CREATE USER '${user}'@'%' IDENTIFIED BY 'se/cr@t'`,
          `GRANT SELECT, INSERT, UPDATE, DELETE ON ${name}.* TO '${user}'@'%'`,
          `GRANT SELECT, INSERT, UPDATE, DELETE ON ${emptyName}.* TO '${user}'@'%'`,
        )
        yield* Effect.addFinalizer(() => sql(url, `DROP USER '${user}'@'%'`))
        const as = (base: string, password: string, path?: string) => {
          const own = new URL(base)
          own.username = user
          own.password = encodeURIComponent(password)
          if (path !== undefined) own.pathname = path
          return own.href
        }
        yield* withStore(as(url, "se/cr@t"), ({ objects }) => objects.setMany([{ key: key("k"), data: bytes("v") }]))
        for (const [at, says] of [
          [as(empty, "se/cr@t"), "CREATE TABLE"],
          [as(url, "se/cr@t", "/no_such_database"), ""],
          [as(url, "wrong-pass-word"), ""],
        ] as const) {
          const error = yield* Effect.flip(Effect.scoped(open(at)))
          assert.strictEqual(error._tag === "BackendError" && error.reason._tag, "Unauthorized")
          assert.include(error.message, says)
          const shown = `${error.message} ${JSON.stringify(error)} ${error.stack} ${String(error.cause)}`
          assert.notInclude(shown, "se/cr@t")
          assert.notInclude(shown, "wrong-pass-word")
        }
      }),
    ),
  )

  it.live("comes with its database where that is missing", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const own = new URL(provided().sqlUrl)
        own.pathname = `/fresh${Date.now().toString(36)}`
        yield* Effect.addFinalizer(() => sql(provided().sqlUrl, `DROP DATABASE ${own.pathname.slice(1)}`))
        const { objects } = yield* open(own.href)
        yield* objects.setMany([{ key: key("k"), data: bytes("v") }])
        assert.deepStrictEqual(yield* objects.getMany([key("k")]), [Option.some(bytes("v"))])
      }),
    ),
  )
})
