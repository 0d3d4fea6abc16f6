/**
 * Who answers on a port: a SQL server speaks first, with a greeting.
 *
 * Many others, such as Redis, wait to be spoken to. To them a connection that waits for a greeting is one that is slow, which
 * would be tried again and again. So a silent one is spoken to on a connection of its own, which a SQL server that is only
 * slow answers with its greeting too.
 */
import { connect } from "node:net"

/** Whether a server's first bytes are a greeting of protocol 10 or an error: a length, the number 0, then which it is. */
export const beginsAsSql = (first: Buffer): boolean =>
  first.length < 5 || (first[3] === 0 && (first[4] === 0x0a || first[4] === 0xff))

/** A command to Redis; no request to HTTP and no TLS, so that their servers say so. */
const anything = "PING\r\n"

/** Speaks to a server, and says where what it answers is nothing that a SQL server says. Gives what ends it. */
export const speakFirst = (
  { host, port }: { readonly host: string; readonly port: number },
  onForeign: () => void,
): (() => void) => {
  const socket = connect({ host, port })
  // Only an answer tells anything.
  socket.on("error", () => {})
  socket.once("data", (first) => {
    socket.destroy()
    if (!beginsAsSql(first)) onForeign()
  })
  socket.write(anything)
  return () => socket.destroy()
}
