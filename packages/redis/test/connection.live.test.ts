import { readFile } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { createServer, type Server as NetServer, type Socket } from "node:net"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import type { BackendError, InvalidArgument, ObjectConnection } from "@framedb/core"
import { RedisLive, type RedisOptions } from "@framedb/redis"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { ask } from "./ask.ts"
import { bytesOf, instanceAt, keyOf } from "./instanceAt.ts"

const openAt = (url: string, options: RedisOptions = {}) => RedisLive.make(options).open(instanceAt(url))

/** What opening fails with, and how long it took. */
const failureAt = Effect.fnUntraced(function* (url: string, options: RedisOptions = {}) {
  const begun = performance.now()
  const error: BackendError | InvalidArgument = yield* Effect.flip(openAt(url, options))
  return { error, millis: performance.now() - begun }
})

const reasonOf = (error: BackendError | InvalidArgument) =>
  error._tag === "BackendError" ? error.reason._tag : error._tag

const shown = (error: BackendError | InvalidArgument) =>
  JSON.stringify(error) + String(error) + error.stack + String(error.cause)

/** A server that is none: it takes connections and does with them what it is told. */
const fakeServer = (onConnection: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly sockets: Set<Socket>; readonly server: NetServer }>((resume) => {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
        socket.on("error", () => {})
        onConnection(socket)
      })
      server.listen(0, "127.0.0.1", () => {
        // A server that listens on a TCP port has an address of this form.
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ port, sockets, server }))
      })
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      }),
  )

const writeAndRead = Effect.fnUntraced(function* ({ objects }: ObjectConnection) {
  const entry = { key: keyOf("k"), data: bytesOf("v") }
  yield* objects.setMany([entry])
  expect(yield* objects.getMany([entry.key])).toMatchObject([{ value: entry.data }])
})

describe("opening", () => {
  it.live("with a password, a user and a database number works", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ password: "p@ss:/?#[]%w" })
      const { objects } = yield* openAt(server.url)
      yield* writeAndRead(yield* openAt(`${server.url}/3`))
      expect(yield* objects.getMany([keyOf("k")])).toMatchObject([{ _tag: "None" }])
      yield* ask(server.url, (client) => client.acl("SETUSER", "app", "on", ">s%cret@", "~*", "+@all"))
      yield* writeAndRead(yield* openAt(`redis://app:s%25cret%40@127.0.0.1:${server.port}`))
    }),
  )

  it.live("with a wrong password is Unauthorized and shows none", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ password: "right" })
      for (const credentials of [":hunter2@", "someone:hunter2@", ""]) {
        const { error } = yield* failureAt(`redis://${credentials}127.0.0.1:${server.port}`)
        expect(reasonOf(error)).toBe("Unauthorized")
        expect(shown(error)).not.toContain("hunter2")
      }
    }),
  )

  it.live("a database that the server does not have is Rejected, not database 0", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const { error } = yield* failureAt(`${server.url}/99`)
      expect(error).toMatchObject({ reason: { _tag: "Rejected" } })
    }),
  )

  it.live("where no one listens, or of a name that does not exist, is Unavailable at once", () =>
    Effect.gen(function* () {
      const refused = yield* failureAt("redis://:hunter2@127.0.0.1:1")
      expect(refused.error).toMatchObject({ operation: "open", reason: { _tag: "Unavailable", code: "ECONNREFUSED" } })
      expect(refused.millis).toBeLessThan(1_000)
      expect(shown(refused.error)).not.toContain("hunter2")
      expect(reasonOf((yield* failureAt("redis://nowhere.invalid")).error)).toBe("Unavailable")
    }),
  )

  it.live("of a URL that can't be used is InvalidArgument", () =>
    Effect.gen(function* () {
      const { error } = yield* failureAt("mysql://root:hunter2@127.0.0.1")
      expect(error._tag).toBe("InvalidArgument")
      expect(shown(error)).not.toContain("hunter2")
    }),
  )

  it.live("of something that accepts and never answers ends with its deadline, and lets go of the socket", () =>
    Effect.gen(function* () {
      const blackHole = yield* fakeServer((socket) => socket.resume())
      const { error, millis } = yield* failureAt(`redis://127.0.0.1:${blackHole.port}`, { connectTimeoutMillis: 300 })
      expect(reasonOf(error)).toBe("Timeout")
      expect(millis).toBeLessThan(1_000)
      // The scope of the test is still open.
      yield* Effect.sleep(20)
      expect(blackHole.sockets.size).toBe(0)
    }),
  )

  it.live("that is interrupted lets go of the socket", () =>
    Effect.gen(function* () {
      const blackHole = yield* fakeServer((socket) => socket.resume())
      const fiber = yield* Effect.forkChild(openAt(`redis://127.0.0.1:${blackHole.port}`))
      yield* Effect.sleep(50)
      expect(blackHole.sockets.size).toBe(1)
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep(20)
      expect(blackHole.sockets.size).toBe(0)
    }),
  )

  it.live("of a web server is a Protocol error", () =>
    Effect.gen(function* () {
      const page = yield* fakeServer((socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      )
      expect(reasonOf((yield* failureAt(`http://127.0.0.1:${page.port}`)).error)).toBe("Protocol")
    }),
  )

  it.live("of something that hangs up is Unavailable", () =>
    Effect.gen(function* () {
      const rude = yield* fakeServer((socket) => socket.destroy())
      expect(reasonOf((yield* failureAt(`redis://127.0.0.1:${rude.port}`)).error)).toBe("Unavailable")
    }),
  )
})

describe("TLS", () => {
  it.live("trusts the authority that is given, and no other", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ tls: true, password: "s3cret" })
      const ca = server.certificate ?? ""
      yield* writeAndRead(yield* openAt(server.url, { tls: { ca } }))
      yield* writeAndRead(yield* openAt(server.url, { tls: { rejectUnauthorized: false } }))
      const plainUrl = server.url.replace("rediss:", "redis:")
      yield* writeAndRead(yield* openAt(plainUrl, { tls: { ca, required: true } }))
      expect(reasonOf((yield* failureAt(server.url)).error)).toBe("Unauthorized")
      const otherName = { tls: { ca, servername: "another.example" } }
      expect(reasonOf((yield* failureAt(server.url, otherName)).error)).toBe("Unauthorized")
      expect(["Unavailable", "Protocol"]).toContain(reasonOf((yield* failureAt(plainUrl)).error))
    }),
  )

  it.live("shows our own certificate where the server asks for one", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ tls: true })
      const ca = server.certificate ?? ""
      yield* ask(server.url, (client) => client.config("SET", "tls-auth-clients", "yes"), { tls: { ca } })
      const keyFile = join(server.directory, "key.pem")
      const key = Redacted.make(yield* Effect.promise(() => readFile(keyFile, "utf8")))
      yield* writeAndRead(yield* openAt(server.url, { tls: { ca, cert: ca, key } }))
      const caFile = join(server.directory, "certificate.pem")
      const files = { ca: caFile, cert: caFile, key: Redacted.make(keyFile) }
      yield* writeAndRead(yield* openAt(server.url, { tls: files }))
      const missing = yield* failureAt(server.url, { tls: { ...files, key: Redacted.make("hunter2.pem") } })
      expect(missing.error).toMatchObject({ _tag: "InvalidArgument", argument: "tls.key" })
      expect(shown(missing.error)).not.toContain("hunter2")
      expect(reasonOf((yield* failureAt(server.url, { tls: { ca } })).error)).toBe("Unauthorized")
    }),
  )

  it.live("to a server that does not speak it ends with the deadline: such a server waits for the end of a line", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const url = `rediss://127.0.0.1:${server.port}`
      const { error, millis } = yield* failureAt(url, { connectTimeoutMillis: 300 })
      expect(error).toMatchObject({ _tag: "BackendError", operation: "open" })
      expect(millis).toBeLessThan(1_000)
    }),
  )
})

describe("closing the scope", () => {
  it.live("closes the socket, and what is asked afterwards fails at once", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const scope = yield* Scope.make()
      const { objects, ping } = yield* Scope.provide(openAt(server.url), scope)
      yield* ping
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(objects.setMany([{ key: keyOf("k"), data: bytesOf("v") }]))
      expect(error).toMatchObject({ maybeApplied: false, reason: { _tag: "Unavailable" } })
    }),
  )
})
