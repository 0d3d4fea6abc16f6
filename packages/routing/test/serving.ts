/** Servers that answer as a test wants, on ports of their own, with a password in their URLs. */
import { createServer, type RequestListener } from "node:http"
import { createServer as createTcpServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"

/** A server that answers every request alike. */
export const serving = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ url: string; close: () => void }>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://ada:pa%2Fss@127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

/** A server that does to each connection whatever it likes. */
export const servingRaw = (onSocket: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ url: string; close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const server = createTcpServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        onSocket(socket)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
        resume(Effect.succeed({ url: `http://ada:pa%2Fss@127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )
