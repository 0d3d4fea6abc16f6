import { once } from "node:events"
import { connect, createServer, Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Lending } from "../src/Lending.ts"

const kibibyte = 1024

/** A packet of a statement: its length, its number, the command, the values. */
const packetOf = (command: number, ...values: ReadonlyArray<number>): Buffer =>
  Buffer.from([values.length + 1, 0, 0, 0, command, ...values])

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
        const lent = Buffer.alloc(byteLength, "lent")
        const prepare = packetOf(0x16, 1, 0)
        let wasKept = true
        const bytes = yield* arriving((socket, lending) => {
          lending.lend(lent)
          socket.write(prepare)
          socket.write(packetOf(0x17, 7, 8, 0))
          wasKept = lending.takeBack()
          socket.write(packetOf(0x17, 9, 0))
        })
        assert.isFalse(wasKept)
        const head = Buffer.from([0, 0, 0, 0, 0x17, 7, 8, 0xfd, 0, 0, 0])
        head.writeUIntLE(head.byteLength - 4 + byteLength, 0, 3)
        head.writeUIntLE(byteLength, 8, 3)
        assert.isTrue(bytes.equals(Buffer.concat([prepare, head, lent, packetOf(0x17, 9, 0)])))
      }),
    )
  }

  it.live("gives back what no statement has asked for", () =>
    Effect.gen(function* () {
      const others = [packetOf(0x17, 7, 8), packetOf(0x03, 0), Buffer.concat([packetOf(0x17, 0), Buffer.from([0])])]
      let wasKept = false
      const bytes = yield* arriving((socket, lending) => {
        lending.lend(Buffer.alloc(64 * kibibyte))
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
    const takes = (byteLength: number) => lending.lend(Buffer.allocUnsafeSlow(byteLength))
    assert.deepStrictEqual([0, 64 * kibibyte - 1, 8192 * kibibyte + 1].map(takes), [false, false, false])
    assert.isFalse(lending.takeBack())
    assert.deepStrictEqual([64 * kibibyte, 1024 * kibibyte, 8192 * kibibyte].map(takes), [true, true, true])
  })
})
