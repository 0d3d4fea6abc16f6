import { describe, expect, it } from "@effect/vitest"
import { maxPageEntries } from "@framedb/routing"
import { MemoryRouteStore } from "@framedb/server"
import * as Effect from "effect/Effect"
import { type EntryPage, entryLists, entryQueries } from "../src/entries/entryReads.ts"
import { objectKind } from "../src/entries/kinds.ts"

const pages = 6

/** A store in memory, which never waits for anything, with so many pages of entries. */
const filled = Effect.gen(function* () {
  const store = yield* MemoryRouteStore.make
  const ids = Array.from({ length: pages * maxPageEntries }, (_, index) => `k/${index}`)
  yield* store.changeMany("objects", ids, (_, id) => ({ object_id: id, framedb_id: "redis-1" }))
  return store
})

/** How often others had their turn meanwhile. */
const turnsDuring = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    let turns = 0
    let next: NodeJS.Immediate
    const count = () => {
      turns++
      next = setImmediate(count)
    }
    next = setImmediate(count)
    return Effect.as(
      Effect.ensuring(
        effect,
        Effect.sync(() => clearImmediate(next)),
      ),
      () => turns,
    )
  }).pipe(Effect.map((turns) => turns()))

describe("a query", () => {
  it.live("is refused where its answer would be longer than a text can be", () =>
    Effect.gen(function* () {
      const store = yield* MemoryRouteStore.make
      const ids = Array.from({ length: 140 }, (_, index) => `k/${index}`)
      const metadata = { text: "x".repeat(1024 * 1024) }
      yield* store.changeMany("objects", ids, (_, id) => ({ object_id: id, framedb_id: "redis-1", metadata }))
      const { query } = entryQueries(store, objectKind)
      expect(yield* Effect.flip(query({}))).toMatchObject({ status: 400 })
      expect(yield* query({ _id: { $in: ["k/1", "k/2"] } })).toHaveLength(2)
      expect(yield* Effect.flip(query({ _id: { $in: ids } }))).toMatchObject({ status: 400 })
    }),
  )
})

describe("a listing", () => {
  it.live("ends a page where the entries on it have become long, and goes on in the next", () =>
    Effect.gen(function* () {
      const store = yield* MemoryRouteStore.make
      const ids = Array.from({ length: 20 }, (_, index) => `k/${String(index).padStart(2, "0")}`)
      const metadata = { text: "ü".repeat(512 * 1024) }
      yield* store.changeMany("objects", ids, (_, id) => ({ object_id: id, framedb_id: "redis-1", metadata }))
      const { list } = entryLists(store, objectKind)
      const pages: Array<ReadonlyArray<unknown>> = []
      let after: string | undefined
      do {
        const page: EntryPage = yield* list(after === undefined ? {} : { after })
        pages.push(page.entries.map((entry) => entry["object_id"]))
        after = page.next
      } while (after !== undefined)
      expect(pages.map((page) => page.length)).toEqual([8, 8, 4])
      expect(pages.flat()).toEqual(ids)
    }),
  )
})

describe("looking through many entries", () => {
  const nothing = { framedb_id: "none" }

  it.live("lets others have their turn between pages", () =>
    Effect.gen(function* () {
      const store = yield* filled
      expect(yield* turnsDuring(entryQueries(store, objectKind).query(nothing))).toBeGreaterThanOrEqual(pages - 1)
      expect(yield* turnsDuring(entryLists(store, objectKind).list({ filter: nothing }))).toBeGreaterThanOrEqual(
        pages - 1,
      )
    }),
  )
})
