/** Routing service and registry in one HTTP server. */
import type { Server } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { type InvalidArgument, OptionRules } from "@framedb/core"
import { FrameDBApi } from "@framedb/routing"
import * as ByteSize from "effect/ByteSize"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiSwagger from "effect/http-api/HttpApiSwagger"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type AccessOptions, everyAnswer } from "./http/everyAnswer.ts"
import { healthHandlers } from "./http/healthHandlers.ts"
import { instanceHandlers, persistentInstanceHandlers } from "./http/instanceHandlers.ts"
import { makeNodeServer } from "./http/nodeServer.ts"
import { objectHandlers } from "./http/objectHandlers.ts"
import { maxBodyBytes } from "./http/readBody.ts"
import { streamHandlers } from "./http/streamHandlers.ts"
import type { StoreError } from "./store/RouteStore.ts"
import { layerFromUrl } from "./store/storeFromUrl.ts"

/** How the server is set up. */
export interface FrameDBServerOptions {
  /** Default: 8000; 0 takes a free port. */
  readonly port?: number
  /** The address to listen on. Default: 127.0.0.1, since without a token anyone who gets there may write. */
  readonly host?: string
  /** `memory`, `sqlite:FILE`, or `mysql://…` (TiDB, MySQL, MariaDB), which many servers can share. Default: `memory`. */
  readonly store?: string | Redacted.Redacted<string>
  /**
   * More names under which a server without a token may be asked, without ports; an address and `localhost` always may. Default:
   * none where it listens on this machine alone, else any.
   */
  readonly allowedHosts?: ReadonlyArray<string>
  /** What clients must send as `authorization: Bearer …`. Default: none, everyone may do everything. */
  readonly token?: Redacted.Redacted<string>
  /** How long a stopping server waits for what it has begun to answer. Default: 10,000. */
  readonly stopMillis?: number
}

/** Names as they stand in a URL, without scheme, port and path. */
const hostNames: OptionRules.Rule = {
  accepts: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string" && /^[^\s/:@]+$/.test(name)),
  words: "a list of host names without ports, such as routing.example.com",
}

const rules: OptionRules.Rules<FrameDBServerOptions> = {
  port: OptionRules.wholeNumber(0, 65_535),
  host: OptionRules.text,
  allowedHosts: hostNames,
  store: OptionRules.urlText,
  token: OptionRules.password,
  stopMillis: OptionRules.waitMillis,
}

type NameOf = (name: string) => string

/** What a server can fail to start with. */
export type StartError = InvalidArgument | ServeError | StoreError

/** A running server. */
export class FrameDBServer extends Context.Service<
  FrameDBServer,
  {
    /** How a client on this machine reaches it; both as routing service and as registry. */
    readonly url: string
    readonly port: number
  }
>()("@framedb/server/FrameDBServer") {}

const handlers = Layer.mergeAll(
  objectHandlers,
  streamHandlers,
  instanceHandlers,
  persistentInstanceHandlers,
  healthHandlers,
)

/** The paths: the contract's, `/openapi.json`, and `/docs`, a page that loads nothing from elsewhere. */
const routes = (access: AccessOptions) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(FrameDBApi, { openapiPath: "/openapi.json" }).pipe(Layer.provide(handlers)),
    HttpApiSwagger.layer(FrameDBApi, { path: "/docs" }),
    everyAnswer(access),
  )

/** The longest id takes 1,024 bytes, percent-encoded three times as many characters. */
const maxParamLength = 3_072

/** How often a stopping server looks for connections whose last answer has been sent. */
const idleCheckMillis = 25

/**
 * Closes each connection of a stopping server as soon as its answer has been sent, which Node does only for those that
 * were idle when it began, and a moment after `stopMillis` whatever is still open.
 */
const closeConnections = (server: Server, stopMillis: number): void => {
  const idle = setInterval(() => server.closeIdleConnections(), idleCheckMillis).unref()
  const late = setTimeout(() => server.closeAllConnections(), stopMillis + 500).unref()
  server.once("close", () => {
    clearInterval(idle)
    clearTimeout(late)
  })
}

const closingConnections = (server: Server, stopMillis: number) =>
  Layer.effectDiscard(Effect.acquireRelease(Effect.void, () => Effect.sync(() => closeConnections(server, stopMillis))))

const running = (host: string) =>
  Layer.effect(
    FrameDBServer,
    Effect.map(HttpServer.HttpServer, ({ address }) => {
      const port = "port" in address ? address.port : 0
      const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host
      return { port, url: `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}` }
    }),
  )

const assemble = (options: FrameDBServerOptions, server: Server) => {
  const host = options.host ?? "127.0.0.1"
  const port = options.port ?? 8000
  const stopMillis = options.stopMillis ?? 10_000
  const store = options.store ?? "memory"
  const { token, allowedHosts } = options
  const serving = HttpRouter.serve(routes({ host, token, allowedHosts }), {
    disableLogger: true,
    disableListenLog: true,
    routerConfig: { maxParamLength },
  })
  return Layer.mergeAll(running(host), closingConnections(server, stopMillis)).pipe(
    Layer.provide(serving),
    Layer.provide(NodeHttpServer.layer(() => server, { port, host, gracefulShutdownTimeout: stopMillis })),
    Layer.provide(layerFromUrl(Redacted.isRedacted(store) ? store : Redacted.make(store))),
    Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBodyBytes))),
  )
}

/**
 * A server for as long as the layer lives. When it ends, it answers what it has begun, for at most `stopMillis`. Fails for options
 * that can't be used, which the error calls as `nameOf` does.
 */
export const layer = (options: FrameDBServerOptions = {}, nameOf?: NameOf): Layer.Layer<FrameDBServer, StartError> =>
  Layer.unwrap(
    Effect.suspend(() => {
      const problem = OptionRules.problemOf(options, rules, nameOf)
      return problem === undefined ? Effect.succeed(assemble(options, makeNodeServer())) : Effect.fail(problem)
    }),
  )

const config: Config.Config<FrameDBServerOptions> = Config.all({
  port: Config.withDefault(Config.Port("FRAMEDB_SERVER_PORT"), 8000),
  host: Config.withDefault(Config.String("FRAMEDB_SERVER_HOST"), "127.0.0.1"),
  store: Config.withDefault(Config.Redacted("FRAMEDB_SERVER_STORE"), Redacted.make("memory")),
  allowedHosts: Config.option(Config.Array(Schema.String, "FRAMEDB_SERVER_ALLOWED_HOSTS")),
  token: Config.option(Config.Redacted("FRAMEDB_SERVER_TOKEN")),
  stopMillis: Config.withDefault(Config.Int("FRAMEDB_SERVER_STOP_MILLIS"), 10_000),
}).pipe(
  Config.map(({ token, allowedHosts, ...rest }) => ({
    ...rest,
    ...(Option.isSome(token) ? { token: token.value } : {}),
    ...(Option.isSome(allowedHosts) ? { allowedHosts: allowedHosts.value.map((name) => name.trim()) } : {}),
  })),
)

/** A server as `FRAMEDB_SERVER_PORT`, `_HOST`, `_ALLOWED_HOSTS`, `_STORE`, `_TOKEN` and `_STOP_MILLIS` say; `options` win over them. */
export const layerConfigWith = (
  options: FrameDBServerOptions,
): Layer.Layer<FrameDBServer, StartError | Config.ConfigError> =>
  Layer.unwrap(
    Effect.map(config, (found) => layer({ ...found, ...options }, OptionRules.variableOf("FRAMEDB_SERVER_"))),
  )

/** A server as `FRAMEDB_SERVER_PORT`, `_HOST`, `_ALLOWED_HOSTS`, `_STORE`, `_TOKEN` and `_STOP_MILLIS` say. */
export const layerConfig: Layer.Layer<FrameDBServer, StartError | Config.ConfigError> = layerConfigWith({})
