import { once } from "node:events"
import { connect, createServer, Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Lending, LentBytes, type Parameter, placeholderOf } from "../src/Lending.ts"

const kibibyte = 1024

/** A packet of a statement: its length, its number, the command, the values. */
const packetOf = (command: number, ...values: ReadonlyArray<number>): Buffer =>
  Buffer.from([values.length + 1, 0, 0, 0, command, ...values])

/** A value as the protocol has it: its length, its bytes. */
const valueOf = (parameter: Parameter): Buffer => {
  const bytes = parameter instanceof LentBytes ? parameter.bytes : Buffer.from(parameter)
  const { byteLength } = bytes
  if (byteLength < 251) return Buffer.concat([Buffer.from([byteLength]), bytes])
  const length = byteLength < 65_536 ? Buffer.alloc(3, 0xfc) : Buffer.alloc(4, 0xfd)
  length.writeUIntLE(byteLength, 1, length.byteLength - 1)
  return Buffer.concat([length, bytes])
}

/** A statement with its values. */
const statementOf = (parameters: ReadonlyArray<Parameter>): Buffer => {
  const statement = Buffer.concat([packetOf(0x17, 7, 8), ...parameters.map(valueOf)])
  statement.writeUIntLE(statement.byteLength - 4, 0, 3)
  return statement
}

/** The same as the driver writes it, with placeholders. */
const emptyOf = (parameters: ReadonlyArray<Parameter>): Buffer => statementOf(parameters.map(placeholderOf))

const lentOf = (byteLength: number): LentBytes => new LentBytes(Buffer.alloc(byteLength, "lent"))

/** Values of every form of length, and texts of one to three bytes a unit. */
const valuesOf = (fill: string): ReadonlyArray<Parameter> => [
  "key",
  ...[0, 1, 250, 251, 65_535, 65_536].map((byteLength) => Buffer.alloc(byteLength, fill)),
  "ä".repeat(125),
  "語".repeat(85),
  "\u{1f511}".repeat(300),
  "",
]

const received = (socket: Socket) => {
  const parts: Array<Buffer> = []
  socket.on("data", (part: Buffer) => parts.push(part))
  return once(socket, "end").then(() => Buffer.concat(parts))
}

/** What arrives at a server to which something is written. */
const arriving = (write: (socket: Socket, lending: Lending) => void) =>
  Effect.promise(async () => {
    const server = createServer()
    try {
      await once(server.listen(0, "127.0.0.1"), "listening")
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const connected = once(server, "connection")
      const socket = connect({ host: "127.0.0.1", port })
      const lending = new Lending(socket)
      // Holds because a server gives each connection's socket, and nothing else.
      const [peer] = (await connected) as [Socket]
      const bytes = received(peer)
      write(socket, lending)
      socket.end()
      return await bytes
    } finally {
      server.close()
    }
  })

describe("Lending", () => {
  for (const byteLength of [64 * kibibyte, 64 * kibibyte + 1, 1024 * kibibyte]) {
    it.live(`completes the next statement with ${byteLength} lent bytes, and nothing else`, () =>
      Effect.gen(function* () {
        const parameters = ["id", lentOf(byteLength)]
        const prepare = packetOf(0x16, 1, 0)
        let wasKept = true
        const bytes = yield* arriving((socket, lending) => {
          lending.lend(parameters)
          socket.write(prepare)
          socket.write(emptyOf(parameters))
          wasKept = lending.takeBack()
          socket.write(packetOf(0x17, 9, 0))
        })
        assert.isFalse(wasKept)
        assert.isTrue(bytes.equals(Buffer.concat([prepare, statementOf(parameters), packetOf(0x17, 9, 0)])))
      }),
    )
  }

  it.live("completes statements with all of their values, also while the ones before wait to be sent", () =>
    Effect.gen(function* () {
      const statements = ["a", "b", "c"].map(valuesOf)
      const bytes = yield* arriving((socket, lending) => {
        for (const parameters of statements) {
          lending.lend(parameters)
          socket.write(emptyOf(parameters))
        }
      })
      assert.isTrue(bytes.equals(Buffer.concat(statements.map(statementOf))))
    }),
  )

  it.live("gives back what no statement has asked for", () =>
    Effect.gen(function* () {
      const others = [packetOf(0x17, 7, 8), packetOf(0x03, 0), Buffer.concat([packetOf(0x17, 0), Buffer.from([0])])]
      let wasKept = false
      const bytes = yield* arriving((socket, lending) => {
        lending.lend([lentOf(64 * kibibyte)])
        for (const each of others) socket.write(each)
        wasKept = lending.takeBack()
        assert.isFalse(lending.takeBack())
      })
      assert.isTrue(wasKept)
      assert.isTrue(bytes.equals(Buffer.concat(others)))
    }),
  )

  it("takes neither what is small nor what a packet has no room for", () => {
    const lending = new Lending(new Socket())
    const takes = (byteLength: number) => lending.lend([lentOf(byteLength)])
    assert.deepStrictEqual([0, 63 * kibibyte, 8192 * kibibyte + 1].map(takes), [false, false, false])
    assert.isFalse(lending.takeBack())
    assert.deepStrictEqual([64 * kibibyte, 1024 * kibibyte, 8191 * kibibyte].map(takes), [true, true, true])
  })
})
