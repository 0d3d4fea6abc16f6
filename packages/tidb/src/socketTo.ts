import { connect, type Socket } from "node:net"

/** An idle connection that is not heard of for so long is asked whether it is still there, in milliseconds. */
const keepAliveMillis = 30_000

/**
 * Begins to connect. Over TLS, Node compares the certificate with the host that the socket below leads to, which a socket
 * keeps of names only: for an address Node would take a certificate of `localhost`, and no other. So the socket is told.
 */
export const socketTo = (host: string, port: number): Socket =>
  Object.assign(connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMillis }), {
    _host: host,
  })
