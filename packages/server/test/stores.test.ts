import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { MemoryRouteStore, MySqlRouteStore, RouteStore, SqliteRouteStore, StoreError } from "@framedb/server"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { routeStoreSuite, twoServers } from "./routeStoreSuite.ts"

const temporaryFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "framedb-store-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
).pipe(Effect.map((directory) => join(directory, "routes.db")))

routeStoreSuite("a store in memory", MemoryRouteStore.layer)
routeStoreSuite(
  "a store in a SQLite file",
  Layer.unwrap(Effect.map(temporaryFile, (file) => SqliteRouteStore.layer({ file }))),
)

describe("a SQLite file", () => {
  it.live("keeps what was written when it is opened again", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const write = Effect.flatMap(RouteStore, (store) => store.change("objects", "k", () => ({ a: 1 })))
      const read = Effect.flatMap(RouteStore, (store) => store.readMany("objects", ["k"]))
      yield* Effect.provide(write, SqliteRouteStore.layer({ file }), { local: true })
      expect(yield* Effect.provide(read, SqliteRouteStore.layer({ file }), { local: true })).toEqual([
        Option.some({ a: 1 }),
      ])
    }),
  )

  it.live("loads no more of a page than it may", () =>
    Effect.gen(function* () {
      const store = yield* RouteStore
      const ids = Array.from({ length: 12 }, (_, index) => `k/${String(index).padStart(2, "0")}`)
      yield* store.changeMany("objects", ids, () => ({ text: "x".repeat(100_000) }))
      const page = yield* store.page("objects", { limit: 1_000, maxBytes: 450_000 })
      expect(page.entries.map(({ id }) => id)).toEqual(ids.slice(0, 5))
      expect(page.isLast).toBe(false)
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(temporaryFile, (file) => SqliteRouteStore.layer({ file }))))),
  )

  it.live("loses no change of two servers", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* twoServers(() => SqliteRouteStore.layer({ file }))
    }),
  )

  it.live("that can't be opened is a StoreError", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(SqliteRouteStore.make({ file: "/nowhere/at/all.db" })))
      expect(error).toBeInstanceOf(StoreError)
    }),
  )
})

describe("a MySQL server that is not there", () => {
  it.live("is a StoreError that shows no password", () =>
    Effect.gen(function* () {
      for (const url of ["mysql://u:hunter2@127.0.0.1:1/x", "mysql://u:hunter2@", "mysql://u:%zzhunter2@h/x"]) {
        const error = yield* Effect.flip(Effect.scoped(MySqlRouteStore.make({ url: Redacted.make(url) })))
        expect(error).toBeInstanceOf(StoreError)
        expect(`${error} ${error.stack} ${JSON.stringify(error)}`).not.toContain("hunter2")
      }
    }),
  )
})
