import type { RequestListener } from "node:http"
import type { Socket } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import {
  BackendError,
  FramedbId,
  type InvalidArgument,
  ObjectKey,
  type ObjectRoute,
  ObjectRouting,
  StreamRouting,
} from "@framedb/core"
import { HttpClusterRegistry, HttpObjectRouting, HttpRouting, type ServiceOptions } from "@framedb/routing"
import { registerRoute } from "@framedb/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { serving, servingRaw } from "./serving.ts"

const key = ObjectKey.make("k")
const route: ObjectRoute = {
  key,
  framedbId: FramedbId.make("redis-1"),
  type: "in-memory",
  copies: [],
  sizeBytes: 1,
  metadata: {},
}

interface Failures {
  readonly read: BackendError
  readonly write: BackendError
}

/** Fails a read and a write, and checks what must hold of every failure. */
const failures = Effect.fnUntraced(function* (
  url: string,
  options: Partial<ServiceOptions> = {},
): Effect.fn.Return<Failures, InvalidArgument> {
  const run = Effect.scoped(
    Effect.gen(function* () {
      const routing = yield* HttpObjectRouting.make({ url, deadlineMillis: 2_000, ...options })
      const read = yield* Effect.flip(routing.findMany([key]))
      const write = yield* Effect.flip(registerRoute(routing, route))
      return { read, write }
    }),
  )
  const found = yield* run.pipe(Effect.orDie)
  for (const error of [found.read, found.write]) {
    expect(error).toBeInstanceOf(BackendError)
    expect(error.backend).toBe("routing")
    expect(`${error} ${JSON.stringify(error)} ${error.stack} ${error.reason.cause}`).not.toMatch(/pa(%2F|\/)ss|YWRh/)
  }
  expect(found.read.maybeApplied).toBe(false)
  return found
})

const answering =
  (status: number, body: string, type = "text/html"): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": type }).end(body)
  }

describe("a routing service in trouble", () => {
  it.live.each([
    [404, "Protocol", false],
    [405, "Protocol", false],
    [500, "Protocol", true],
    [502, "Unavailable", true],
    [503, "Overloaded", true],
    [504, "Timeout", true],
    [401, "Unauthorized", false],
    [400, "Protocol", false],
    [200, "Protocol", true],
  ] as const)("answers a page with status %i", ([status, tag, maybeApplied]) =>
    Effect.gen(function* () {
      const { url } = yield* serving(answering(status, "<html><style>p{}</style><h1>Oh  no</h1></html>"))
      const { read, write } = yield* failures(url)
      expect(read.reason._tag).toBe(tag)
      expect(read.reason.code).toBe(String(status))
      expect(read.reason.message).toContain('"Oh no"')
      expect(write.reason._tag).toBe(tag)
      expect(write.maybeApplied).toBe(maybeApplied)
    }),
  )

  it.live("answers JSON that is cut off, and shows nothing of it", () =>
    Effect.gen(function* () {
      const body = '{"success": true, "data": {"public_url": "redis://:hunter2'
      const { url } = yield* serving(answering(200, body, "application/json"))
      const { read } = yield* failures(url)
      expect(read.reason._tag).toBe("Protocol")
      expect(read.reason.message).not.toContain("hunter2")
    }),
  )

  it.live("answers another JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(answering(200, '{"data": 1}', "application/json"))
      expect((yield* failures(url)).read.reason._tag).toBe("Protocol")
    }),
  )

  it.live("answers JSON nested so deep that what reads it would run out of stack", () =>
    Effect.gen(function* () {
      const metadata = `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
      const entry = `{"_id":"k","framedb_id":"redis-1","framedb_type":"in-memory","size":1,"metadata":${metadata}}`
      const { url } = yield* serving(answering(200, `{"success":true,"data":${entry}}`, "application/json"))
      const { read, write } = yield* failures(url)
      expect(read.reason._tag).toBe("Protocol")
      expect(write.reason._tag).toBe("Protocol")
    }),
  )

  it.live("answers success with a failure in the envelope", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(answering(200, '{"success": false, "error": "no"}', "application/json"))
      const { read, write } = yield* failures(url)
      expect(read.reason._tag).toBe("Protocol")
      expect(write.maybeApplied).toBe(true)
    }),
  )

  it.live("answers more than is read", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384, "a")));
        }
        response.on("drain", more)
        more()
      })
      const { read } = yield* failures(url, { maxResponseBytes: 100_000 })
      expect(read.reason._tag).toBe("Protocol")
      expect(read.reason.code).toBe("RESPONSE_TOO_LONG")
    }),
  )

  it.live("never answers", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(() => {})
      const { read, write } = yield* failures(url, { deadlineMillis: 200 })
      expect(read.reason._tag).toBe("Timeout")
      expect(write.maybeApplied).toBe(true)
    }),
  )

  it.live("never ends a TLS handshake, so that nothing was sent", () =>
    Effect.gen(function* () {
      const { url } = yield* servingRaw(() => {})
      const secure = url.replace("http:", "https:")
      const { write } = yield* failures(secure, { deadlineMillis: 200, connectTimeoutMillis: 60_000 })
      expect(write).toMatchObject({ maybeApplied: false, reason: { _tag: "Timeout", code: "DEADLINE" } })
    }),
  )

  it.live("begins an answer and never ends it", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((_request, response) => void response.write('{"success"'))
      expect((yield* failures(url, { deadlineMillis: 200 })).read.reason._tag).toBe("Timeout")
    }),
  )

  it.live("resets the connection", () =>
    Effect.gen(function* () {
      const { url } = yield* servingRaw((socket) => socket.on("data", () => socket.resetAndDestroy()))
      const { read, write } = yield* failures(url)
      expect(read.reason._tag).toBe("Unavailable")
      expect(write.maybeApplied).toBe(true)
    }),
  )

  it.live("closes the connection in the middle of the body", () =>
    Effect.gen(function* () {
      const head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"
      const { url } = yield* servingRaw((socket) => socket.on("data", () => socket.end(head)))
      expect((yield* failures(url)).read.reason._tag).toBe("Unavailable")
    }),
  )

  it.live("speaks another protocol", () =>
    Effect.gen(function* () {
      const { url } = yield* servingRaw((socket) => socket.write("-ERR unknown command 'GET'\r\n"))
      expect((yield* failures(url)).read.reason._tag).toBe("Protocol")
    }),
  )

  it.live("switches to another protocol, which is seen at once", () =>
    Effect.gen(function* () {
      const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
      const { url } = yield* servingRaw((socket) => socket.once("data", () => socket.write(switched)))
      const { read, write } = yield* failures(url, { deadlineMillis: 60_000 })
      expect(read.reason._tag).toBe("Protocol")
      expect(write).toMatchObject({ maybeApplied: true, reason: { _tag: "Protocol" } })
    }),
  )

  it.live("lists the same page for ever", () =>
    Effect.gen(function* () {
      const page = JSON.stringify({ success: true, data: [], next: "a" })
      const { url } = yield* serving((_, response) => {
        response.writeHead(200, { "content-type": "application/json", "framedb-extensions": "1" }).end(page)
      })
      const { objects, streams } = yield* Effect.map(HttpRouting.make({ url }), (made) => ({
        objects: Context.get(made, ObjectRouting),
        streams: Context.get(made, StreamRouting),
      }))
      for (const listing of [Stream.runDrain(objects.list({})), Stream.runDrain(streams.list)]) {
        expect(yield* Effect.flip(listing)).toMatchObject({ reason: { _tag: "Protocol" } })
      }
    }),
  )

  it.live("is not there", () =>
    Effect.gen(function* () {
      const { url, close } = yield* serving(() => {})
      close()
      const { read, write } = yield* failures(url)
      expect(read.reason._tag).toBe("Unavailable")
      expect(read.reason.code).toBe("ECONNREFUSED")
      expect(write.maybeApplied).toBe(false)
    }),
  )

  it.live("gives an entry of an unknown type", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ success: true, data: { _id: "k", framedb_id: "r", framedb_type: "tape" } })
      const { url } = yield* serving(answering(200, body, "application/json"))
      const routing = yield* HttpObjectRouting.make({ url })
      expect(yield* Effect.flip(routing.findMany([key]))).toMatchObject({ reason: { _tag: "Protocol" } })
    }),
  )

  it.live("gives an instance without a URL", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ success: true, data: { framedb_id: "r", local_url: "redis://:hunter2@x" } })
      const { url } = yield* serving(answering(200, body, "application/json"))
      const registry = yield* HttpClusterRegistry.make({ url, clusterId: "c" })
      const error = yield* Effect.flip(registry.findInstance(FramedbId.make("r"), "redis"))
      expect(error).toMatchObject({ backend: "registry", instance: "r", reason: { _tag: "Protocol" } })
      expect(String(error)).not.toContain("hunter2")
    }),
  )
})

describe("a routing service that goes away", () => {
  it.live("after it created the entry: the failure says that the route may be there", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((request, response) => {
        if (request.url !== "/framedb/objects") return void response.destroy()
        response.writeHead(201, { "content-type": "application/json" }).end('{"success": true, "id": "k"}')
      })
      const routing = yield* HttpObjectRouting.make({ url })
      const error = yield* Effect.flip(registerRoute(routing, route))
      expect(error).toMatchObject({ maybeApplied: true, reason: { _tag: "Unavailable" } })
    }),
  )

  it.live("while an ambiguous update is confirmed: the failure says that the route may be there", () =>
    Effect.gen(function* () {
      const known = { success: true, data: { framedb_id: "old", framedb_type: "storage" } }
      let reads = 0
      const { url } = yield* serving((request, response) => {
        if (request.method === "GET" && ++reads > 1) return void response.destroy()
        const status = request.method === "GET" ? 200 : 400
        const error = request.url === "/framedb/objects" ? "E11000 duplicate key" : "No document found to update"
        const body = status === 200 ? known : { success: false, error }
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
      })
      const routing = yield* HttpObjectRouting.make({ url })
      const error = yield* Effect.flip(registerRoute(routing, route))
      expect(error).toMatchObject({ operation: "register", maybeApplied: true, reason: { _tag: "Unavailable" } })
    }),
  )

  it.live("in spirit, by creating the entry under another id: that entry is taken back", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { url } = yield* serving((request, response) => {
        seen.push(`${request.method} ${request.url}`)
        response.writeHead(201, { "content-type": "application/json" }).end('{"success": true, "id": "65a"}')
      })
      const routing = yield* HttpObjectRouting.make({ url })
      const error = yield* Effect.flip(registerRoute(routing, route))
      expect(error).toMatchObject({ maybeApplied: true, reason: { _tag: "Protocol" } })
      expect(seen).toEqual(["POST /framedb/objects", "DELETE /framedb/objects/65a"])
    }),
  )

  it.live("by refusing an update: that is not taken for an ambiguous one", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((request, response) => {
        const status = request.method === "GET" ? 404 : 400
        const error = request.url === "/framedb/objects" ? "E11000 duplicate key" : "document too large"
        const body = JSON.stringify({ success: false, error })
        response.writeHead(status, { "content-type": "application/json" }).end(body)
      })
      const routing = yield* HttpObjectRouting.make({ url })
      const error = yield* Effect.flip(registerRoute(routing, route))
      expect(error).toMatchObject({ reason: { _tag: "Rejected", message: "document too large" } })
    }),
  )
})

describe("a call that is given up", () => {
  it.live("gives its connection back, also when it was interrupted", () =>
    Effect.gen(function* () {
      let answers = false
      let aborted = 0
      const { url } = yield* serving((request, response) => {
        request.socket.once("close", () => aborted++)
        if (answers) answering(404, '{"success": false}', "application/json")(request, response)
      })
      const routing = yield* HttpObjectRouting.make({ url, connections: 1 })
      const waiting = yield* Effect.forkChild(routing.findMany([key]))
      yield* Effect.sleep(50)
      yield* Fiber.interrupt(waiting)
      answers = true
      expect(yield* routing.findMany([key])).toEqual([Option.none()])
      expect(aborted).toBe(1)
    }),
  )

  it.live("leaves no connection when the scope closes", () =>
    Effect.gen(function* () {
      const sockets = new Set<Socket>()
      const { url } = yield* serving((request, response) => {
        sockets.add(request.socket)
        answering(404, '{"success": false}', "application/json")(request, response)
      })
      const asking = Effect.flatMap(HttpObjectRouting.make({ url }), (routing) =>
        Effect.forEach([1, 2, 3, 4], () => routing.findMany([key]), { concurrency: 4 }),
      )
      yield* Effect.scoped(asking)
      yield* Effect.sleep(50)
      expect(sockets.size).toBeGreaterThan(0)
      expect([...sockets].every((socket) => socket.destroyed)).toBe(true)
    }),
  )
})

describe("the URL and the credentials", () => {
  it.live.each(["", "host:8000", "redis://:hunter2@host", "http://a:%zz@host", "http://host/?token=hunter2"])(
    "refuses %j without showing it",
    (url) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.scoped(HttpObjectRouting.make({ url })))
        expect(error).toMatchObject({ _tag: "InvalidArgument", argument: "routingUrl" })
        expect(`${error}`).not.toMatch(/hunter2|%zz/)
      }),
  )

  it.live.each([
    ["bearerToken", { bearerToken: Redacted.make("hunter2\n") }],
    ["headers", { headers: { "x-proxy": Redacted.make("hunter2\r\nx: y") } }],
    ["headers", { headers: { "x proxy": Redacted.make("hunter2") } }],
  ] as const)("refuses %s that no header can have, without showing it", ([argument, options]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(HttpObjectRouting.make({ url: "http://localhost", ...options })))
      expect(error).toMatchObject({ _tag: "InvalidArgument", argument })
      expect(`${error}`).not.toContain("hunter2")
    }),
  )

  it.live(
    "sends basic authentication from the URL, a bearer token over it, headers beside it, under the URL's path",
    () =>
      Effect.gen(function* () {
        const seen: Array<readonly [string | undefined, string | undefined, unknown]> = []
        const { url } = yield* serving((request, response) => {
          seen.push([request.url, request.headers.authorization, request.headers["x-proxy"]])
          response.writeHead(404, { "content-type": "application/json" }).end('{"success": false, "error": "none"}')
        })
        const headers = { "X-Proxy": Redacted.make("p") }
        const basic = yield* HttpObjectRouting.make({ url: Redacted.make(`${url}/prefix/`), headers })
        const bearer = yield* HttpObjectRouting.make({ url, bearerToken: Redacted.make("t") })
        yield* basic.findMany([key])
        yield* bearer.findMany([key])
        expect(seen).toEqual([
          ["/prefix/framedb/objects/k", `Basic ${Buffer.from("ada:pa/ss").toString("base64")}`, "p"],
          ["/framedb/objects/k", "Bearer t", undefined],
        ])
      }),
  )
})
