/** Ports for private servers. */
import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/**
 * Below Linux's ephemeral range (32768 and up): the kernel never lends such a port to an outgoing connection, so that a
 * server that was killed finds its port free when it is restarted.
 */
const lowestPort = 20_000
const highestPort = 32_000

/** More misses than this in a row mean that something other than bad luck is wrong. */
const maxAttempts = 100

/** Tells whether nothing listens on a port of the loopback interface. */
export const isPortFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once("error", () => resolve(false))
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)))
  })

/**
 * Finds a loopback port that nothing listens on. Another process may take it before the caller does: whoever starts a
 * server on it tries again on another one then.
 */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const port = randomInt(lowestPort, highestPort)
    if (await isPortFree(port)) return port
  }
  throw new Error(`no free port between ${lowestPort} and ${highestPort} in ${maxAttempts} attempts`)
}
