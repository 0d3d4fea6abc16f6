/** What answers on the port is no SQL server. These tests listen themselves and need no other server. */
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { open } from "./support.ts"

/** A server that does as it is told with every connection. */
const listen = (onConnection: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        onConnection(socket)
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { server, sockets, url: `mysql://user:s3cret@127.0.0.1:${port}/framedb` }
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      }),
  )

const quick = { connectTimeoutMillis: 300, statementTimeoutMillis: 300, acquireTimeoutMillis: 600 }

const openOn = Effect.fnUntraced(function* (onConnection: (socket: Socket) => void, options = quick) {
  const { url } = yield* listen(onConnection)
  const error = yield* Effect.flip(Effect.scoped(open(url, options)))
  assert.notInclude(`${error.message} ${JSON.stringify(error)} ${error.stack}`, "s3cret")
  assert.strictEqual(error._tag, "BackendError")
  return error._tag === "BackendError" ? error.reason._tag : error._tag
})

/** A greeting as MySQL 5.7 sends it, without TLS. */
const greeting = (() => {
  const text = Buffer.from(
    "0a352e372e3100010000006162636465666768" +
      "00ffff080200ff8115000000000000000000006162636465666768696a6b6c006d7973716c5f6e61746976655f70617373776f726400",
    "hex",
  )
  return Buffer.concat([Buffer.from([text.length, 0, 0, 0]), text])
})()

/** The answer of a server that knows neither user nor password. */
const denied = Buffer.from("\x16\0\0\x02\xff\x15\x04#28000Access denied", "latin1")

describe("open", () => {
  it.live("says Timeout of a server that says nothing, also when it is spoken to", () =>
    Effect.scoped(
      Effect.gen(function* () {
        assert.strictEqual(yield* openOn(() => {}), "Timeout")
      }),
    ),
  )

  it.live("says Protocol of one that says something else", () =>
    Effect.scoped(
      Effect.gen(function* () {
        for (const text of [
          "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html></html>",
          "-ERR unknown command\r\n",
          "\0\0\0\0",
          "\x05\0\0\0\x0a\0\0\0\0",
          `\xff\xff\xff\0${"x".repeat(100_000)}`,
        ]) {
          const reason = yield* openOn((socket) => socket.end(Buffer.from(text, "latin1")))
          assert.strictEqual(reason, "Protocol")
        }
      }),
    ),
  )

  it.live("says Protocol of one that waits to be spoken to, such as Redis, so that nobody tries it again", () =>
    Effect.scoped(
      Effect.gen(function* () {
        // Half of it passes before the server is doubted, the other half is there for it to answer.
        const patient = { ...quick, connectTimeoutMillis: 2_000, acquireTimeoutMillis: 10_000 }
        const reason = yield* openOn((socket) => socket.on("data", () => socket.write("+PONG\r\n")), patient)
        assert.strictEqual(reason, "Protocol")
      }),
    ),
  )

  it.live("logs in on one that is slow to greet, though it was doubted", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const patient = { ...quick, connectTimeoutMillis: 2_000, acquireTimeoutMillis: 10_000 }
        let slow: Socket | undefined
        const reason = yield* openOn((socket) => {
          if (slow === undefined) {
            slow = socket
            socket.once("data", () => socket.end(denied))
          } else {
            // The one that doubts: both are greeted now.
            socket.write(greeting)
            slow.write(greeting)
          }
        }, patient)
        assert.strictEqual(reason, "Unauthorized")
      }),
    ),
  )

  it.live("says Unavailable of one that hangs up, at once or in the middle of the login", () =>
    Effect.scoped(
      Effect.gen(function* () {
        assert.strictEqual(yield* openOn((socket) => socket.end()), "Unavailable")
        assert.strictEqual(yield* openOn((socket) => socket.resetAndDestroy()), "Unavailable")
        const reason = yield* openOn((socket) => {
          socket.write(greeting)
          socket.once("data", () => socket.end())
        })
        assert.strictEqual(reason, "Unavailable")
      }),
    ),
  )

  it.live("says Unavailable where nobody listens, and of a host that there is not", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(listen(() => {}))
      for (const at of [url, "mysql://user:s3cret@no-such-host.invalid:4000"]) {
        const error = yield* Effect.flip(Effect.scoped(open(at, quick)))
        assert.include(["Unavailable", "Timeout"], error._tag === "BackendError" ? error.reason._tag : error._tag)
      }
    }),
  )
})
