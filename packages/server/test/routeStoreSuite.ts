/** What every `RouteStore` promises. */
import { randomUUID } from "node:crypto"
import { expect, layer } from "@effect/vitest"
import type { JsonObject } from "@framedb/core"
import { RouteStore, type StoredEntry, type StoredPage } from "@framedb/server"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"

const awkward = [
  "Case",
  "case",
  "a ",
  "a",
  "é",
  "e\u0301",
  "a/b",
  "..",
  "%41",
  "\0",
  "a\0b",
  "😀",
  "'",
  "\\",
  "x".repeat(900),
]

const countUp = (current: JsonObject | undefined): JsonObject => ({ count: Number(current?.["count"] ?? 0) + 1 })

/** Makes entries exactly these, and gives what they replaced. */
const putMany = (entries: ReadonlyArray<StoredEntry>) =>
  Effect.gen(function* () {
    const fields = new Map(entries.map((entry) => [entry.id, entry.fields]))
    const changes = yield* (yield* RouteStore).changeMany("objects", [...fields.keys()], (_, id) => fields.get(id))
    return changes.map(({ before }) => before)
  })

/** Registers the tests of the store's contract on a store that the tests share. */
export const routeStoreSuite = <E>(name: string, store: Layer.Layer<RouteStore, E>): void => {
  layer(store, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    it.effect("creates, changes and removes an entry, and tells what was there", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const id = randomUUID()
        const [first, second] = [{ a: 1 }, { b: [true, null, "ü"], c: { d: 0.5 } }]
        expect(yield* routes.change("objects", id, () => undefined)).toEqual({
          before: Option.none(),
          after: Option.none(),
        })
        expect(yield* routes.change("objects", id, () => first)).toEqual({
          before: Option.none(),
          after: Option.some(first),
        })
        expect(yield* routes.change("objects", id, () => second)).toEqual({
          before: Option.some(first),
          after: Option.some(second),
        })
        expect(yield* routes.readMany("objects", [id])).toEqual([Option.some(second)])
        expect(yield* routes.change("objects", id, (current) => current)).toEqual({
          before: Option.some(second),
          after: Option.some(second),
        })
        expect(yield* routes.change("objects", id, () => undefined)).toEqual({
          before: Option.some(second),
          after: Option.none(),
        })
        expect(yield* routes.readMany("objects", [id])).toEqual([Option.none()])
      }),
    )

    it.effect("keeps collections apart", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const id = randomUUID()
        yield* routes.change("instances", id, () => ({ a: 1 }))
        expect(yield* routes.readMany("persistentInstances", [id])).toEqual([Option.none()])
        expect(yield* routes.readMany("instances", [id])).toEqual([Option.some({ a: 1 })])
      }),
    )

    it.effect("tells ids apart byte by byte, and answers in the order asked", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const beginning = randomUUID()
        const ids = awkward.map((text) => beginning + text)
        yield* Effect.forEach(ids, (id, index) => routes.change("objects", id, () => ({ index })))
        const asked = [...ids.toReversed(), `${beginning}none`, ...ids]
        const found = yield* routes.readMany("objects", asked)
        const indexes = [...ids.keys()]
        expect(found.map(Option.getOrNull)).toEqual(
          [...indexes.toReversed(), null, ...indexes].map((index) => (index === null ? null : { index })),
        )
        expect(yield* routes.readMany("objects", [])).toEqual([])
      }),
    )

    it.effect("reads 256 entries at once", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const ids = Array.from({ length: 256 }, () => randomUUID())
        yield* Effect.forEach(ids, (id) => routes.change("objects", id, () => ({ id })), { concurrency: 8 })
        expect((yield* routes.readMany("objects", ids)).map(Option.getOrNull)).toEqual(ids.map((id) => ({ id })))
      }),
    )

    it.effect("pages through a prefix, each entry once, and nothing else", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const prefix = `${randomUUID()}ÿ`
        const ids = [...Array.from({ length: 23 }, (_, index) => `${prefix}${index}`), prefix, `${prefix}\u{10ffff}`]
        const others = [`${prefix.slice(0, -1)}Ā`, prefix.slice(0, -1), prefix.toUpperCase()]
        yield* Effect.forEach([...ids, ...others], (id) => routes.change("streams", id, () => ({ id })))
        const seen: Array<string> = []
        let after: string | undefined
        while (true) {
          const page: StoredPage = yield* routes.page("streams", { prefix, after, limit: 4, maxBytes: 1024 })
          for (const entry of page.entries) {
            expect(entry.fields).toEqual({ id: entry.id })
            seen.push(entry.id)
          }
          if (page.isLast) break
          expect(page.entries.length).toBe(4)
          after = page.entries.at(-1)?.id
        }
        expect(seen).toHaveLength(ids.length)
        expect(new Set(seen)).toEqual(new Set(ids))
      }),
    )

    it.effect("pages through entries of every size, each once, and may end a page where it has become large", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const prefix = randomUUID()
        const sizes = [0, 90_000, 10, 200, 30_000, 30_000, 30_000, 5, 90_000]
        const ids = sizes.map((_, index) => `${prefix}${index}`)
        const fieldsOf = (index: number) => ({ text: "ü".repeat((sizes[index] ?? 0) / 2) })
        yield* Effect.forEach(ids, (id, index) => routes.change("objects", id, () => fieldsOf(index)))
        const seen: Array<StoredEntry> = []
        for (let isLast = false; !isLast; ) {
          const page = yield* routes.page("objects", { prefix, after: seen.at(-1)?.id, limit: 100, maxBytes: 64_000 })
          seen.push(...page.entries)
          isLast = page.isLast
        }
        expect(seen).toEqual(ids.map((id, index) => ({ id, fields: fieldsOf(index) })))
      }),
    )

    it.effect("loses no change of many at once", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const id = randomUUID()
        const changes = Array.from({ length: 100 }, () => routes.change("objects", id, countUp))
        const made = yield* Effect.all(changes, { concurrency: "unbounded" })
        expect(yield* routes.readMany("objects", [id])).toEqual([Option.some({ count: 100 })])
        expect(new Set(made.map(({ after }) => Option.getOrThrow(after)["count"])).size).toBe(100)
      }),
    )

    it.effect("lets one of many creations win", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const id = randomUUID()
        const made = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, index) => index),
          (index) => routes.change("objects", id, (current) => current ?? { index }),
          { concurrency: "unbounded" },
        )
        expect(made.filter(({ before }) => Option.isNone(before))).toHaveLength(1)
      }),
    )

    it.effect("puts 256 entries at once, and tells what each replaced", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const beginning = randomUUID()
        const ids = [...awkward, ...Array.from({ length: 256 - awkward.length }, (_, index) => `${index}`)].map(
          (text) => beginning + text,
        )
        const entries = ids.map((id, index) => ({ id, fields: { index, text: "ü".repeat(index) } }))
        const half = entries.filter((_, index) => index % 2 === 0)
        expect(yield* putMany(half)).toEqual(half.map(() => Option.none()))
        expect(yield* putMany(entries)).toEqual(
          entries.map(({ fields }, index) => (index % 2 === 0 ? Option.some(fields) : Option.none())),
        )
        const changed = entries.map(({ id, fields }) => ({ id, fields: { ...fields, changed: true } }))
        expect(yield* putMany(changed.toReversed())).toEqual(
          entries.map(({ fields }) => Option.some(fields)).toReversed(),
        )
        expect(yield* routes.readMany("objects", ids)).toEqual(changed.map(({ fields }) => Option.some(fields)))
        expect(yield* routes.readMany("streams", ids)).toEqual(ids.map(() => Option.none()))
        expect(yield* putMany([])).toEqual([])
        const absent = randomUUID()
        const some = [absent, ...ids.slice(0, 3)]
        const second = ids[1]
        const amended = yield* routes.changeMany("objects", some, (current, id) =>
          current === undefined || id === second ? current : { ...current, amended: id },
        )
        expect(amended.map(({ before }) => before)).toEqual([
          Option.none(),
          ...changed.slice(0, 3).map(({ fields }) => Option.some(fields)),
        ])
        expect(yield* routes.readMany("objects", some)).toEqual(amended.map(({ after }) => after))
        expect(amended.map(({ after }) => Option.isSome(after) && "amended" in after.value)).toEqual([
          false,
          true,
          false,
          true,
        ])
      }),
    )

    it.effect("puts entries at once that no one statement could hold", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const ids = Array.from({ length: 40 }, (_, index) => `${index % 7}-${randomUUID()}`)
        const fieldsOf = (id: string, letter: string) => ({ id, text: letter.repeat(100_000) })
        for (const letter of ["a", "b"]) {
          const changes = yield* routes.changeMany("objects", ids, (_, id) => fieldsOf(id, letter))
          const before = letter === "a" ? () => Option.none() : (id: string) => Option.some(fieldsOf(id, "a"))
          expect(changes.map((change) => change.before)).toEqual(ids.map(before))
          expect(yield* routes.readMany("objects", ids)).toEqual(ids.map((id) => Option.some(fieldsOf(id, letter))))
        }
      }),
    )

    it.effect("loses no change beside batches that put the same entries", () =>
      Effect.gen(function* () {
        const routes = yield* RouteStore
        const ids = Array.from({ length: 24 }, () => randomUUID())
        const put = (batch: number) =>
          putMany((batch % 2 === 0 ? ids : ids.toReversed()).map((id) => ({ id, fields: { mark: `${batch}` } })))
        const mark = (id: string, index: number) => routes.change("objects", id, () => ({ mark: `${id}${index}` }))
        const puts = Effect.forEach([0, 1, 2, 3, 4, 5], put, { concurrency: "unbounded" })
        const marks = Effect.forEach([...ids, ...ids], mark, { concurrency: "unbounded" })
        const [before, changes] = yield* Effect.all([puts, marks], { concurrency: 2 })
        const left = yield* routes.readMany("objects", ids)
        // What was written is what was replaced, once each, and what is there now.
        const seen = [...before.flat(), ...changes.map((change) => change.before), ...left].flatMap(Option.toArray)
        const written = [
          ...[0, 1, 2, 3, 4, 5].flatMap((batch) => ids.map(() => `${batch}`)),
          ...[...ids, ...ids].map((id, index) => `${id}${index}`),
        ]
        expect(seen.map((fields) => fields["mark"]).toSorted()).toEqual(written.toSorted())
      }),
    )

    it.effect("answers a ping", () => Effect.flatMap(RouteStore, (routes) => routes.ping))
  })
}

/** Changes one entry from two stores at once, as two servers do, and checks that no change is lost. */
export const twoServers = <E>(store: () => Layer.Layer<RouteStore, E>) =>
  Effect.gen(function* () {
    const id = randomUUID()
    const change = Effect.flatMap(RouteStore, (routes) =>
      Effect.all(
        Array.from({ length: 40 }, () => routes.change("objects", id, countUp)),
        { concurrency: 4 },
      ),
    )
    const both = [store(), store()].map((layer) => Effect.provide(change, layer, { local: true }))
    yield* Effect.all(both, { concurrency: 2 })
    const found = yield* Effect.provide(
      Effect.flatMap(RouteStore, (routes) => routes.readMany("objects", [id])),
      store(),
    )
    expect(found).toEqual([Option.some({ count: 80 })])
  })
