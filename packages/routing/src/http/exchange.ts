/**
 * One HTTP exchange over Node's own client, which costs half of what a client with interceptors, streams and spans does:
 * on a service that closes every connection, a call is little else than a connection.
 *
 * Connections are kept and used again, the last used first; where the service closes them, each call opens one.
 */
import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from "node:http"
import { Agent as HttpsAgent, request as requestHttps } from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** How a service is talked to. */
export interface ExchangeOptions {
  /** Scheme, host and path prefix, without a slash at the end. */
  readonly base: string
  readonly headers: Readonly<Record<string, string>>
  /** The most connections; calls beyond wait for one. */
  readonly connections: number
  readonly connectTimeoutMillis: number
  /** From the wait for a connection to the last byte. */
  readonly deadlineMillis: number
  readonly maxResponseBytes: number
}

/** What is sent. */
export interface ExchangeRequest {
  readonly method: string
  /** Percent-encoded, from the service's base on. */
  readonly path: string
  /** JSON, with any method. */
  readonly body: string | undefined
}

/** A whole answer. */
export interface ExchangeResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** An exchange that failed on the way, with what Node's client threw, or one of our codes. */
export class ExchangeFailure {
  readonly _tag = "ExchangeFailure"
  readonly cause: unknown
  /** Whether there was a whole connection to send it on, so that the service may have it. */
  readonly sent: boolean

  constructor(cause: unknown, sent: boolean) {
    this.cause = cause
    this.sent = sent
  }
}

/** Sends a request and reads the whole answer. Interrupting ends the exchange with its connection. */
export type Exchange = (request: ExchangeRequest) => Effect.Effect<ExchangeResponse, ExchangeFailure>

/** An error with one of our codes, which `classifyCode` knows. */
const coded = (code: "CONNECT_TIMEOUT" | "DEADLINE" | "NO_ANSWER" | "RESPONSE_TOO_LONG", message: string): Error =>
  Object.assign(new Error(message), { code })

/** The part of the driver's options that is the same for every call. */
const targetOf = (base: string, connections: number) => {
  const url = new URL(base)
  const isSecure = url.protocol === "https:"
  const settings = { keepAlive: true, maxSockets: connections, scheduling: "lifo" } as const
  const agent = isSecure ? new HttpsAgent(settings) : new HttpAgent(settings)
  const target: RequestOptions = {
    agent,
    // An IPv6 address stands in brackets in a URL and nowhere else.
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    ...(url.port === "" ? {} : { port: url.port }),
  }
  return { agent, target, send: isSecure ? requestHttps : requestHttp, prefix: url.pathname.replace(/\/+$/, "") }
}

const headersOf = (headers: Readonly<Record<string, string>>, body: string | undefined) =>
  body === undefined
    ? headers
    : { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) }

/** Tells when a connection is made, its TLS included, which no byte of a request leaves before; ends one that is late. */
const whenConnected = (socket: Socket, millis: number, connected: () => void): void => {
  if (!socket.connecting) {
    connected()
    return
  }
  const late = () => socket.destroy(coded("CONNECT_TIMEOUT", `no connection within ${millis} ms`))
  const timer = setTimeout(late, millis)
  const done = () => clearTimeout(timer)
  const event = socket instanceof TLSSocket ? "secureConnect" : "connect"
  socket.once(event, done).once(event, connected).once("close", done)
}

interface Outcome {
  readonly done: (response: ExchangeResponse) => void
  readonly fail: (thrown: unknown) => void
}

/** Gathers an answer, up to so many bytes. */
const readWhole = (response: IncomingMessage, maxBytes: number, { done, fail }: Outcome): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > maxBytes) response.destroy(coded("RESPONSE_TOO_LONG", `the answer has more than ${maxBytes} bytes`))
  })
  response.on("error", fail)
  response.on("end", () => {
    const text = Buffer.concat(chunks, bytes).toString()
    done({ status: response.statusCode ?? 0, headers: response.headers, text })
  })
}

/** Opens a service: its connections are closed with the scope. */
export const makeExchange = Effect.fnUntraced(function* (
  options: ExchangeOptions,
): Effect.fn.Return<Exchange, never, Scope.Scope> {
  const { headers, connectTimeoutMillis, deadlineMillis, maxResponseBytes } = options
  const { target, send, prefix } = yield* Effect.acquireRelease(
    Effect.sync(() => targetOf(options.base, options.connections)),
    ({ agent }) => Effect.sync(() => agent.destroy()),
  )

  return ({ method, path, body }) =>
    Effect.callback<ExchangeResponse, ExchangeFailure>((resume) => {
      let sent = false
      let timer: NodeJS.Timeout | undefined
      const fail = (thrown: unknown) => {
        clearTimeout(timer)
        resume(Effect.fail(new ExchangeFailure(thrown, sent)))
      }
      const done = (response: ExchangeResponse) => {
        clearTimeout(timer)
        resume(Effect.succeed(response))
      }
      try {
        const call = { ...target, method, path: prefix + path, headers: headersOf(headers, body) }
        const request = send(call, (response) => readWhole(response, maxResponseBytes, { done, fail }))
        timer = setTimeout(() => {
          const what = sent ? "no whole answer" : "no connection"
          fail(coded("DEADLINE", `${what} within ${deadlineMillis} ms`))
          request.destroy()
        }, deadlineMillis)
        request.on("error", fail)
        // Neither an answer nor an error comes after a switch to another protocol.
        request.on("upgrade", (_, socket: Duplex) => {
          socket.destroy()
          fail(coded("NO_ANSWER", "the server switched to another protocol"))
        })
        request.on("socket", (socket) =>
          whenConnected(socket, connectTimeoutMillis, () => {
            sent = true
          }),
        )
        request.end(body)
        return Effect.sync(() => {
          clearTimeout(timer)
          request.destroy()
        })
      } catch (thrown) {
        // A header that can't be sent.
        return fail(thrown)
      }
    })
})
