import { once } from "node:events"
import { connect } from "node:net"
import { expect, it } from "vitest"
import { makeNodeServer } from "../src/http/nodeServer.ts"

it("lets go of a client that does not read its answer", async () => {
  const server = makeNodeServer(100).on("request", (_request, response) => {
    response.end(Buffer.alloc(64 * 1024 * 1024))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const client = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1")
  client.on("error", () => {})
  const accepted = once(server, "connection")
  client.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
  const [socket] = await accepted
  await once(socket, "close")
  client.destroy()
  server.close()
  expect(socket.destroyed).toBe(true)
})
