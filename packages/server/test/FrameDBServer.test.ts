import { expect, layer } from "@effect/vitest"
import { FrameDBServer, maxBodyBytes } from "@framedb/server"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { ask, sendHalf, statusUnder } from "./ask.ts"

const entry = { framedb_id: "redis-1", framedb_type: "in-memory", copies: [], size: 3, metadata: { a: { b: 1 } } }

layer(FrameDBServer.layer({ port: 0 }), { excludeTestServices: true })("what Python clients are answered", (it) => {
  const call = Effect.fnUntraced(function* (method: string, path: string, body?: unknown) {
    const { url } = yield* FrameDBServer.FrameDBServer
    return yield* Effect.promise(() => ask(url, method, path, body))
  })

  it.effect("about an object: created, read, a duplicate, updated, removed", () =>
    Effect.gen(function* () {
      const created = yield* call("POST", "/framedb/objects", { object_id: "py", ...entry })
      expect(created).toMatchObject({ status: 201, body: { success: true, id: "py" } })
      expect(created.headers["framedb-extensions"]).toBe("1")
      const read = yield* call("GET", "/framedb/objects/py")
      expect(read).toMatchObject({ status: 200, body: { success: true, data: { _id: "py", ...entry } } })
      const again = yield* call("POST", "/framedb/objects", { _id: "py", ...entry })
      expect(again).toMatchObject({ status: 400, body: { success: false } })
      expect(again.text).toContain("E11000 duplicate key")
      for (const size of [4, 4]) {
        expect(yield* call("POST", "/framedb/objects/py/update", { size })).toMatchObject({ status: 200 })
      }
      expect((yield* call("GET", "/framedb/objects/py")).body).toMatchObject({ data: { ...entry, size: 4 } })
      expect(yield* call("DELETE", "/framedb/objects/py")).toMatchObject({ status: 200, body: { success: true } })
      expect(yield* call("DELETE", "/framedb/objects/py")).toMatchObject({ status: 404, body: { success: false } })
      expect(yield* call("GET", "/framedb/objects/py")).toMatchObject({ status: 404, body: { success: false } })
    }),
  )

  it.effect("to null for what they do not know: the default", () =>
    Effect.gen(function* () {
      const nulls = {
        _id: "n",
        framedb_id: "r",
        framedb_type: "memory",
        copies: null,
        size: null,
        metadata: null,
        extra: null,
      }
      expect((yield* call("POST", "/framedb/objects", nulls)).status).toBe(201)
      expect((yield* call("POST", "/framedb/objects/n/update", { metadata: null, size: 5 })).status).toBe(200)
      const defaults = { framedb_type: "memory", copies: [], size: 5, metadata: {}, extra: null }
      expect((yield* call("GET", "/framedb/objects/n")).body).toMatchObject({ data: defaults })
      expect((yield* call("POST", "/framedb/objects/n/add-copy", { framedb_id: "s", framedb_type: null })).status).toBe(
        200,
      )
      const copies = [{ framedb_id: "s", framedb_type: "memory" }]
      expect((yield* call("GET", "/framedb/objects/n")).body).toMatchObject({ data: { copies } })
    }),
  )

  it.effect("about copies", () =>
    Effect.gen(function* () {
      yield* call("POST", "/framedb/objects", { _id: "c", ...entry })
      const copy = { framedb_id: "sql-1", framedb_type: "storage" }
      expect((yield* call("GET", "/framedb/objects/c/copy-exists/sql-1")).status).toBe(404)
      expect((yield* call("POST", "/framedb/objects/c/add-copy", copy)).status).toBe(200)
      expect((yield* call("POST", "/framedb/objects/c/add-copy", copy)).status).toBe(400)
      expect((yield* call("POST", "/framedb/objects/none/add-copy", copy)).status).toBe(404)
      expect((yield* call("GET", "/framedb/objects/c/copy-exists/sql-1")).status).toBe(200)
      expect((yield* call("GET", "/framedb/objects", { "copies.framedb_id": "sql-1" })).body).toMatchObject({
        data: [{ _id: "c", object_id: "c", copies: [copy] }],
      })
      expect((yield* call("POST", "/framedb/objects/c/remove-copy", copy)).status).toBe(200)
      expect((yield* call("POST", "/framedb/objects/c/remove-copy", copy)).status).toBe(404)
    }),
  )

  it.effect("about an update: a whole entry is created, a part of none is 404", () =>
    Effect.gen(function* () {
      expect((yield* call("POST", "/framedb/objects/u/update", { size: 1 })).status).toBe(404)
      expect((yield* call("GET", "/framedb/objects/u")).status).toBe(404)
      expect((yield* call("POST", "/framedb/objects/u/update", { ...entry, note: "kept" })).status).toBe(200)
      expect((yield* call("GET", "/framedb/objects/u")).body).toMatchObject({ data: { _id: "u", note: "kept" } })
    }),
  )

  it.effect("about an update that would make an entry too long: nothing is changed", () =>
    Effect.gen(function* () {
      const text = "x".repeat(1_500_000)
      expect((yield* call("POST", "/framedb/objects", { _id: "l", ...entry, a: text })).status).toBe(201)
      expect((yield* call("POST", "/framedb/objects/l/update", { b: text })).status).toBe(200)
      expect(yield* call("POST", "/framedb/objects/l/update", { c: text, size: 9 })).toMatchObject({ status: 413 })
      expect(yield* call("POST", "/framedb/objects/l/update", { a: "short", size: 5 })).toMatchObject({ status: 200 })
      const { body } = yield* call("GET", "/framedb/objects/l")
      expect(body).toMatchObject({ data: { a: "short", b: text, size: 5 } })
      expect(body).not.toHaveProperty("data.c")
    }),
  )

  it.effect("about a stream, by its name in the path", () =>
    Effect.gen(function* () {
      const stream = { queue_name: "q/1", framedb_id: "redis-1", metadata: {} }
      expect((yield* call("POST", "/framedb/streams", stream)).status).toBe(201)
      expect((yield* call("GET", "/framedb/streams/q%2F1")).body).toMatchObject({ data: { _id: "q/1", ...stream } })
      expect((yield* call("GET", "/framedb/streams", { _id: "q/1" })).body).toMatchObject({ data: [stream] })
      expect((yield* call("DELETE", "/framedb/streams/q%2F1")).status).toBe(200)
    }),
  )

  it.effect("about instances, of a cluster and of a node too", () =>
    Effect.gen(function* () {
      const redis = { framedb_id: "r", cluster_id: "c", node_id: "n", public_url: "redis://p", local_url: "redis://l" }
      expect((yield* call("POST", "/global/framedb/instances", redis)).status).toBe(201)
      expect((yield* call("POST", "/global/framedb/instances", redis)).status).toBe(200)
      for (const path of ["/r", "/cluster/c", "/cluster/c/node/n"]) {
        const { text } = yield* call("GET", `/global/framedb/instances${path}`)
        expect(text).toContain("redis://p")
      }
      expect((yield* call("GET", "/global/framedb/instances/cluster/c/node/other")).body).toMatchObject({ data: [] })
      expect((yield* call("GET", "/global/framedb/persistent-instances/r")).status).toBe(404)
      expect((yield* call("POST", "/global/framedb/instances/query", { cluster_id: "c" })).body).toMatchObject({
        data: [redis],
      })
      expect((yield* call("DELETE", "/global/framedb/instances/r")).status).toBe(200)
      expect((yield* call("DELETE", "/global/framedb/instances/r")).status).toBe(404)
    }),
  )

  it.effect("about what can't be used: 400 with the reason, and nothing is stored", () =>
    Effect.gen(function* () {
      const bad = [
        {},
        { _id: "x" },
        { _id: "x", framedb_id: "r", framedb_type: "tape" },
        { _id: "x", object_id: "y", ...entry },
        { ...entry, _id: "x", size: -1 },
        { ...entry, _id: "x", metadata: [] },
        { ...entry, _id: "" },
        { ...entry, _id: "x".repeat(1_025) },
        [],
        "text",
      ]
      for (const body of bad) {
        expect(yield* call("POST", "/framedb/objects", body)).toMatchObject({ status: 400, body: { success: false } })
      }
      for (const filter of [{ $where: "1" }, { a: { $regex: "x" } }]) {
        expect((yield* call("GET", "/framedb/objects", filter)).status).toBe(400)
      }
      expect((yield* call("GET", "/framedb/objects/x")).status).toBe(404)
    }),
  )

  it.effect("about a path that does not exist: 404 that is not an envelope", () =>
    Effect.gen(function* () {
      for (const [method, path] of [
        ["GET", "/prefix/framedb/objects/x"],
        ["PUT", "/framedb/objects"],
        ["GET", "/"],
      ] as const) {
        const answer = yield* call(method, path)
        expect(answer.status).toBe(404)
        expect(answer.body).not.toHaveProperty("success")
      }
    }),
  )

  it.effect("about a body that is too long", () =>
    Effect.gen(function* () {
      const metadata = { a: "x".repeat(maxBodyBytes) }
      expect((yield* call("POST", "/framedb/objects", { _id: "x", ...entry, metadata })).status).toBe(413)
      let nested: unknown = 1
      for (let level = 0; level < 200; level++) nested = [nested]
      const deep = yield* call("POST", "/framedb/objects", { _id: "x", ...entry, metadata: { nested } })
      expect(deep).toMatchObject({ status: 400, body: { success: false } })
    }),
  )

  it.effect("about a body that is not UTF-8: two ids must not become one", () =>
    Effect.gen(function* () {
      const { url } = yield* FrameDBServer.FrameDBServer
      const body = Buffer.from(JSON.stringify({ _id: "u/ÿ", ...entry }), "latin1")
      const sent = yield* Effect.promise(() => fetch(`${url}/framedb/objects`, { method: "POST", body }))
      expect(sent.status).toBe(400)
      expect((yield* call("GET", "/framedb/objects/u%2F%EF%BF%BD")).status).toBe(404)
    }),
  )

  it.effect("about a look-up of more than anyone reads", () =>
    Effect.gen(function* () {
      yield* call("POST", "/framedb/objects", { _id: "long", ...entry, metadata: { a: "x".repeat(1_500_000) } })
      const lookup = (count: number) => call("POST", "/framedb/objects/lookup", { ids: Array(count).fill("long") })
      const some = yield* lookup(2)
      expect(some.headers["content-type"]).toBe("application/json")
      expect(some.body).toMatchObject({ success: true, data: [{ _id: "long" }, { _id: "long" }] })
      expect(yield* lookup(50)).toMatchObject({ status: 413, body: { success: false } })
    }),
  )

  it.effect("about too many ids of one look-up", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 257 }, String)
      expect((yield* call("POST", "/framedb/objects/lookup", { ids })).status).toBe(400)
    }),
  )

  it.effect("about the calls themselves, from this server alone", () =>
    Effect.gen(function* () {
      const openApi = yield* call("GET", "/openapi.json")
      expect(openApi.body).toMatchObject({
        openapi: expect.stringMatching(/^3\./),
        paths: { "/framedb/objects/{id}": {} },
      })
      const docs = yield* call("GET", "/docs")
      expect(docs.headers["content-type"]).toContain("text/html")
      expect(docs.text.slice(0, 2_000)).not.toMatch(/<(script|link|img)[^>]+(src|href)=/)
    }),
  )
})

layer(FrameDBServer.layer({ port: 0 }), { excludeTestServices: true })("a server without a token", (it) => {
  it.effect("does nothing for a page of another site, which a browser lets send it anything", () =>
    Effect.gen(function* () {
      const { url } = yield* FrameDBServer.FrameDBServer
      const body = JSON.stringify({ framedb_id: "r", public_url: "redis://elsewhere" })
      const register = (headers: Record<string, string>) =>
        Effect.promise(async () => {
          const init = { method: "POST", headers: { "content-type": "text/plain", ...headers }, body }
          return (await fetch(`${url}/global/framedb/instances`, init)).status
        })
      const read = Effect.promise(async () => (await fetch(`${url}/global/framedb/instances/r`)).status)
      for (const origin of ["https://example.com", "http://127.0.0.1:1", "null"]) {
        expect(yield* register({ origin })).toBe(403)
      }
      expect(yield* read).toBe(404)
      expect(yield* register({ origin: url })).toBe(201)
      expect(yield* register({})).toBe(200)
    }),
  )
})

/** The statuses of requests under several names. */
const statusesUnder = (options: FrameDBServer.FrameDBServerOptions, ...hosts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { url } = yield* FrameDBServer.FrameDBServer
    return yield* Effect.promise(() => Promise.all(hosts.map((host) => statusUnder(url, host))))
  }).pipe(Effect.provide(FrameDBServer.layer({ port: 0, ...options }), { local: true }))

layer(Layer.empty, { excludeTestServices: true })("a server that DNS leads a browser to", (it) => {
  const own = ["127.0.0.1", "localhost:8000", "LocalHost.", "x.localhost", "[::1]:8000", "192.168.1.5", "10.1:1"]
  const strange = ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "a b", "@"]

  it.effect("answers on its own machine, without a token, by address or as localhost alone", () =>
    Effect.gen(function* () {
      expect(yield* statusesUnder({}, ...own)).toEqual(own.map(() => 404))
      expect(yield* statusesUnder({}, ...strange)).toEqual(strange.map(() => 403))
    }),
  )

  it.effect("answers under the names that it was given", () =>
    Effect.gen(function* () {
      const options = { allowedHosts: ["Routing.example"] }
      const asked = ["routing.example:80", "ROUTING.example.", "localhost", "evil.example", "a.routing.example"]
      expect(yield* statusesUnder(options, ...asked)).toEqual([404, 404, 404, 403, 403])
      expect(yield* statusesUnder({ ...options, host: "0.0.0.0" }, ...asked)).toEqual([404, 404, 404, 403, 403])
    }),
  )

  it.effect("answers under any name with a token, which a page does not know, or where others have to reach it", () =>
    Effect.gen(function* () {
      expect(yield* statusesUnder({ token: Redacted.make("sesame") }, "routing.example")).toEqual([401])
      expect(yield* statusesUnder({ host: "0.0.0.0" }, "routing.example")).toEqual([404])
    }),
  )

  it.effect("refuses names that are none", () =>
    Effect.gen(function* () {
      for (const allowedHosts of [["http://a"], [""], ["a:80"]]) {
        const refused = yield* Effect.flip(statusesUnder({ allowedHosts }))
        expect(refused).toMatchObject({ _tag: "InvalidArgument", argument: "allowedHosts" })
      }
    }),
  )
})

layer(FrameDBServer.layer({ port: 0, token: Redacted.make("open sesame") }), { excludeTestServices: true })(
  "a server with a token",
  (it) => {
    it.effect("asks for it wherever entries are", () =>
      Effect.gen(function* () {
        const { url } = yield* FrameDBServer.FrameDBServer
        const status = (path: string, authorization?: string) =>
          Effect.promise(async () => (await ask(url, "GET", path, undefined, authorization)).status)
        expect(yield* status("/health")).toBe(200)
        expect(yield* status("/framedb/objects/x")).toBe(401)
        expect(yield* status("/docs")).toBe(200)
        expect(yield* status("/nowhere", "Bearer open")).toBe(401)
        expect(yield* status("/framedb/objects/x", "Bearer open sesame")).toBe(404)
      }),
    )
  },
)

layer(Layer.empty, { excludeTestServices: true })("a server that stops", (it) => {
  it.effect("answers what it has begun, and ends in time when a client does not", () =>
    Effect.gen(function* () {
      for (const completes of [true, false]) {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(FrameDBServer.layer({ port: 0, stopMillis: 1_000 }), scope)
        const { url } = Context.get(context, FrameDBServer.FrameDBServer)
        const request = yield* Effect.promise(() => sendHalf(url))
        const closing = yield* Effect.forkChild(Effect.timed(Scope.close(scope, Exit.void)))
        yield* Effect.sleep(100)
        if (completes) expect(yield* Effect.promise(() => request.complete())).toContain("201")
        const [duration] = yield* Fiber.join(closing)
        expect(Duration.toMillis(duration)).toBeLessThan(completes ? 900 : 3_000)
        request.destroy()
      }
    }),
  )
})
