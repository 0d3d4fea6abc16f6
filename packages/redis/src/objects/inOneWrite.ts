import { Cluster } from "ioredis"
import type { Driver } from "../driver.ts"

/**
 * Sends what `send` issues in one write to each socket.
 *
 * Measured on a batch of 64: over twice as many 1 KiB SETs a second as without, and more than with the driver's pipelines
 * (1.2 times at 1 KiB, 1.5 at 64 KiB), which copy the whole batch into one buffer.
 */
export const inOneWrite = <A>(driver: Driver, send: () => A): A => {
  const clients = driver instanceof Cluster ? driver.nodes("master") : [driver]
  // A node of a cluster has no stream before it is first needed, whatever the driver's type says.
  const streams = clients.flatMap(({ stream }) => (stream === undefined ? [] : [stream]))
  for (const stream of streams) stream.cork()
  try {
    return send()
  } finally {
    for (const stream of streams) stream.uncork()
  }
}
