import { randomUUID } from "node:crypto"
import { expect, type Vitest } from "@effect/vitest"
import { type JsonObject, type ObjectRoute, ObjectRouting, type RouteQuery } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { registerRoute } from "../registerRoute.ts"
import type { ObjectRoutingSuiteOptions } from "./objectRoutingSuite.ts"
import { uniqueFramedbId, uniqueRoute } from "./routes.ts"
import { asKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectRouting>

/** Lists: every match, each once, and nothing else. */
export const listTests = (it: Tests, capability: ObjectRoutingSuiteOptions<never>["capability"]): void => {
  it.effect("lists every route, each once", () =>
    Effect.gen(function* () {
      const routes = yield* register(Array.from({ length: 20 }, (_, sizeBytes) => ({ sizeBytes })))
      const own = new Set(routes.map(({ key }) => key))
      const listed = (yield* list({})).filter(({ key }) => own.has(key))
      expectSame(listed, routes)
    }),
  )

  it.effect("lists by instance and by kind", () =>
    Effect.gen(function* () {
      const [framedbId, other] = [uniqueFramedbId(), uniqueFramedbId()]
      const routes = yield* register([
        { framedbId },
        { framedbId, type: "storage" },
        { framedbId: other, copies: [{ framedbId, type: "in-memory" }] },
      ])
      expectSame(yield* list({ framedbId }), routes.slice(0, 2))
      expectSame(yield* list({ framedbId, type: "storage" }), routes.slice(1, 2))
      expectSame(yield* list({ framedbId: other, type: "storage" }), [])
    }),
  )

  it.effect("lists by the beginning of the key, taken literally", () =>
    Effect.gen(function* () {
      const framedbId = uniqueFramedbId()
      const id = randomUUID()
      const texts = [
        "a.b",
        "a.bc",
        "aXb",
        "A.b",
        "a%",
        "a%b",
        "aZ",
        "a_",
        "a_c",
        "(a",
        "[a",
        "^a",
        "$",
        "a\\",
        "a\\b",
        "é",
        "e\u0301",
      ]
      const keys = texts.map((text) => asKey(`${id}${text}`))
      yield* register(keys.map((key) => ({ key, framedbId })))
      for (const prefix of [...keys, id, id.slice(0, 20)]) {
        const listed = yield* list({ prefix, framedbId })
        expect(listed.map(({ key }) => key).toSorted()).toEqual(keys.filter((key) => key.startsWith(prefix)).toSorted())
      }
      expect(yield* list({ prefix: "", framedbId })).toHaveLength(keys.length)
      expect(yield* list({ prefix: id.slice(1), framedbId })).toEqual([])
    }),
  )

  it.effect("lists by metadata, nested objects part by part", () =>
    Effect.gen(function* () {
      const framedbId = uniqueFramedbId()
      const [a, b, c] = yield* register([
        { framedbId, metadata: { owner: "ada", size: { width: 1, height: 2 }, tags: ["x", "y"], on: true } },
        { framedbId, metadata: { owner: "ada", size: { width: 1, height: 3 }, tags: ["y", "x"], on: false } },
        { framedbId, metadata: { owner: "Ada", size: { width: "1" }, tags: [], on: null } },
      ])
      const cases: ReadonlyArray<readonly [JsonObject, ReadonlyArray<ObjectRoute | undefined>]> = [
        [{}, [a, b, c]],
        [{ owner: "ada" }, [a, b]],
        [{ owner: "Ada" }, [c]],
        [{ size: { width: 1 } }, [a, b]],
        [{ size: { width: 1, height: 3 } }, [b]],
        [{ size: { width: "1" } }, [c]],
        [{ owner: "ada", size: { height: 2 } }, [a]],
        [{ tags: ["x", "y"] }, [a]],
        [{ on: false }, [b]],
        [{ owner: "ada", on: 1 }, []],
        [{ absent: 1 }, []],
      ]
      for (const [metadata, expected] of cases) {
        expectSame(
          yield* list({ framedbId, metadata }),
          expected.flatMap((route) => route ?? []),
        )
      }
    }),
  )

  if (capability.anyMetadataField) {
    it.effect("keeps and finds metadata fields with dots, dollars and names of methods", () =>
      Effect.gen(function* () {
        const framedbId = uniqueFramedbId()
        const metadata: JsonObject = { "a.b": 1, $set: { $x: 2 }, "": 3, constructor: 4, toString: 5, "0": 6 }
        const routes = yield* register([
          { framedbId, metadata },
          { framedbId, metadata: { a: { b: 1 } } },
        ])
        expectSame(yield* list({ framedbId }), routes)
        for (const [field, value] of Object.entries(metadata)) {
          expectSame(yield* list({ framedbId, metadata: { [field]: value } }), routes.slice(0, 1))
        }
        expectSame(yield* list({ framedbId, metadata: { a: { b: 1 } } }), routes.slice(1))
      }),
    )
  }

  it.effect("lists what was changed as it is now, and nothing that was removed", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const framedbId = uniqueFramedbId()
      const [changed, removed] = [uniqueRoute({ framedbId }), uniqueRoute({ framedbId })]
      yield* register([changed, removed])
      yield* registerRoute(routing, { ...changed, sizeBytes: 99 })
      yield* routing.remove(removed.key)
      expectSame(yield* list({ framedbId }), [{ ...changed, sizeBytes: 99 }])
    }),
  )

  it.effect("lists more routes than one page holds, and stops when the reader does", () =>
    Effect.gen(function* () {
      const routing = yield* ObjectRouting
      const framedbId = uniqueFramedbId()
      const routes = yield* register(Array.from({ length: 700 }, (_, sizeBytes) => ({ framedbId, sizeBytes })))
      expectSame(yield* list({ framedbId }), routes)
      const some = yield* Stream.runCollect(Stream.take(routing.list({ framedbId }), 3))
      expect(some).toHaveLength(3)
    }),
  )
}

const register = (fields: ReadonlyArray<Partial<ObjectRoute>>) =>
  Effect.gen(function* () {
    const routing = yield* ObjectRouting
    const routes = fields.map((field) => uniqueRoute(field))
    yield* Effect.forEach(routes, (route) => registerRoute(routing, route), { concurrency: 16 })
    return routes
  })

const list = Effect.fnUntraced(function* (query: RouteQuery) {
  const routing = yield* ObjectRouting
  return yield* Stream.runCollect(routing.list(query))
})

/** No order is promised, so both sides are compared in one. */
const expectSame = (actual: ReadonlyArray<ObjectRoute>, expected: ReadonlyArray<ObjectRoute>): void => {
  const sorted = (routes: ReadonlyArray<ObjectRoute>) => routes.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  expect(sorted(actual)).toEqual(sorted(expected))
}
