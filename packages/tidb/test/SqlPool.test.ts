/** What costs a connection. The server speaks just enough of the protocol to answer with any number that there is. */
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { SqlFailure } from "../src/SqlFailure.ts"
import { SqlPool } from "../src/SqlPool.ts"

const packet = (sequence: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([body.length, 0, 0, sequence]), body])

/** As MySQL 5.7 sends it, without TLS. */
const greeting = Buffer.from(
  "0a352e372e3100010000006162636465666768" +
    "00ffff080200ff8115000000000000000000006162636465666768696a6b6c006d7973716c5f6e61746976655f70617373776f726400",
  "hex",
)

const ok = Buffer.from("00000002000000", "hex")

const errorOf = (errno: number): Buffer =>
  Buffer.concat([Buffer.from([0xff, errno & 255, errno >> 8]), Buffer.from("#HY000told")])

/** Greets, lets everyone in, and answers a statement that is a number with the error of that number. */
const serve = (socket: Socket): void => {
  let isIn = false
  socket.on("error", () => {})
  // What is sent is so short, and waited for, that a packet comes in one piece and alone.
  socket.on("data", (sent) => {
    socket.write(isIn ? packet(1, errorOf(Number(sent.subarray(5).toString()))) : packet(2, ok))
    isIn = true
  })
  socket.write(packet(0, greeting))
}

const listen = Effect.acquireRelease(
  Effect.promise(async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      serve(socket)
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { server, port, connections: () => connections }
  }),
  ({ server }) => Effect.promise(() => new Promise<void>((resolve) => server.close(() => resolve()))),
)

const poolOn = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new SqlPool({
          driver: { host: "127.0.0.1", port, user: "root" },
          setup: [],
          maxConnections: 1,
          maxWaiting: 8,
          acquireTimeoutMillis: 10_000,
          connectTimeoutMillis: 10_000,
          statementTimeoutMillis: 10_000,
          idleTimeoutMillis: 60_000,
        }),
    ),
    (pool) => Effect.sync(() => pool.close()),
  )

const failureOf = (pool: SqlPool, statement: string) =>
  Effect.callback<SqlFailure | undefined>((resume) => {
    pool.run(statement, [], (failure) => resume(Effect.succeed(failure)))
  })

describe("a server's answer to a statement", () => {
  it.live("costs no connection, also one of TiDB's that the driver has no name for", () =>
    Effect.gen(function* () {
      const { port, connections } = yield* listen
      const pool = yield* poolOn(port)
      for (const errno of [1062, 8002, 9007, 9007]) {
        assert.propertyVal((yield* failureOf(pool, String(errno)))?.thrown, "errno", errno)
      }
      assert.strictEqual(connections(), 1)
    }).pipe(Effect.scoped),
  )

  it.live("costs the connection where it is the last one, or of a server that takes no writes any more", () =>
    Effect.gen(function* () {
      const { port, connections } = yield* listen
      const pool = yield* poolOn(port)
      for (const errno of [1053, 1290, 1062]) yield* failureOf(pool, String(errno))
      assert.strictEqual(connections(), 3)
    }).pipe(Effect.scoped),
  )
})
