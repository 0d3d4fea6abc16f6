/** One private Redis server. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Redis } from "ioredis"
import { makeServer, type Server } from "./Server.ts"
import { type Certificate, certificateFiles, makeCertificate, readCertificate } from "./selfSigned.ts"

/** How a private Redis is set up. */
export interface RedisServerOptions {
  /** Default: none. */
  readonly password?: string
  /**
   * Whether every write is in the append-only file before it is acknowledged, so that a killed and restarted server has
   * everything that it acknowledged. Default: false, and a restarted server is empty.
   */
  readonly appendOnly?: boolean
  /** Whether it speaks TLS (only), with a certificate of its own. Default: false. */
  readonly tls?: boolean
  /** More arguments of redis-server, such as `["--maxmemory", "16mb"]`; they win over those of the other options. */
  readonly args?: ReadonlyArray<string>
}

/** A running private Redis. */
export interface RedisServerHandle extends Server {
  /** What a client must trust, where the server speaks TLS. */
  readonly certificate: Certificate | undefined
}

/** The private Redis of a layer. */
export class RedisServer extends Context.Service<RedisServer, RedisServerHandle>()("@framedb/testing/RedisServer") {}

/** Resolves when a Redis answers a PING on the port, rejects when it does not or is still loading. */
export const redisAnswers = async (
  port: number,
  options: Pick<RedisServerOptions, "password" | "tls"> = {},
): Promise<void> => {
  const client = new Redis({
    host: "127.0.0.1",
    port,
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...(options.password === undefined ? {} : { password: options.password }),
    // Reachability is the question here, not identity.
    ...(options.tls === true ? { tls: { rejectUnauthorized: false } } : {}),
  })
  // What goes wrong is told by the rejected call.
  client.on("error", () => {})
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}

const argumentsOf = (options: RedisServerOptions, port: number, directory: string): ReadonlyArray<string> => [
  "--bind",
  "127.0.0.1",
  ...(options.tls === true ? ["--port", "0", "--tls-port", String(port)] : ["--port", String(port)]),
  ...(options.tls === true ? ["--tls-auth-clients", "no", ...tlsFiles(directory)] : []),
  "--dir",
  directory,
  "--save",
  "",
  ...(options.appendOnly === true ? ["--appendonly", "yes", "--appendfsync", "always"] : []),
  ...(options.password === undefined ? [] : ["--requirepass", options.password]),
  ...(options.args ?? []),
]

const tlsFiles = (directory: string): ReadonlyArray<string> => {
  const { certificate, key } = certificateFiles(directory)
  return ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate]
}

const urlOf = (options: RedisServerOptions, port: number): string => {
  const scheme = options.tls === true ? "rediss" : "redis"
  const user = options.password === undefined ? "" : `:${encodeURIComponent(options.password)}@`
  return `${scheme}://${user}127.0.0.1:${port}`
}

/** Starts a private Redis on a free port. */
export const make = Effect.fnUntraced(function* (options: RedisServerOptions = {}) {
  const server = yield* makeServer({
    name: "redis",
    command: "redis-server",
    args: ({ port, directory }) => argumentsOf(options, port, directory),
    ...(options.tls === true ? { prepare: ({ directory }, run) => makeCertificate(directory, run) } : {}),
    answers: ({ port }) => redisAnswers(port, options),
    url: (port) => urlOf(options, port),
  })
  const certificate = options.tls === true ? yield* readCertificate(server.directory) : undefined
  const handle: RedisServerHandle = { ...server, certificate }
  return handle
})

/** A private Redis for as long as the layer lives. */
export const layer = (options: RedisServerOptions = {}) => Layer.effect(RedisServer, make(options))
