/** Finds out why a server ended a TLS connection, where its words were lost on the way. */
import { connect } from "node:tls"
import type { BackendError } from "@framedb/core"
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"
import { failureOf } from "./failure.ts"
import { type Link, opening } from "./Link.ts"

/** How long a server that says nothing may keep silent, in milliseconds. */
const silenceMillis = 500

const wasReset = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE")

/** What a server says to a client that only listens; `undefined` if it says nothing. */
const listen = ({ options }: Redis) =>
  Effect.callback<unknown>((resume) => {
    const socket = connect({ ...options.tls, host: options.host, port: options.port })
    socket.setTimeout(silenceMillis, () => socket.destroy())
    // Not `once`: another error may follow, and would end the process if nobody listened.
    socket.on("error", (error) => resume(Effect.succeed(error)))
    socket.once("close", () => resume(Effect.succeed(undefined)))
    return Effect.sync(() => socket.destroy())
  })

/**
 * Gives the failure of an attempt to connect its reason. In TLS 1.3 a server refuses a client's certificate when the client
 * has already begun to send. The server then closes with bytes unread, which resets the connection, and the reset overtakes
 * the alert that gives the reason. So this connects again, sends nothing, and waits for the alert.
 */
export const explained = (link: Link, failure: BackendError): Effect.Effect<never, BackendError> => {
  const { driver, instance, lastError } = link
  // Behind sentinels and in a cluster the driver alone knows which server that was.
  const isAlone = driver instanceof Redis && !driver.options.sentinels
  if (!isAlone || driver.options.tls === undefined || !wasReset(lastError)) return Effect.fail(failure)
  return Effect.flatMap(listen(driver), (said) =>
    Effect.fail(said === undefined ? failure : failureOf(opening, instance, said)),
  )
}
