/** One private routing service and registry of our own, in a process of its own, so that it can be killed. */
import { createRequire } from "node:module"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { makeServer, type Server } from "./Server.ts"

/** How a private routing server is set up. */
export interface RoutingServerOptions {
  /** Where it keeps its entries. Default: a SQLite file in the server's folder, so that a killed server forgets nothing. */
  readonly store?: string
}

/** The private routing server of a layer. */
export class RoutingServer extends Context.Service<RoutingServer, Server>()("@framedb/testing/RoutingServer") {}

/** Resolves when a routing server on the port reaches its store. */
export const routingAnswers = async (port: number): Promise<void> => {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1_000) })
  if (!response.ok) throw new Error(`/health answers ${response.status}`)
}

// Not `import.meta.resolve`: test runners that transform modules do not offer it.
const main = createRequire(import.meta.url).resolve("@framedb/server/main")

/** Starts a private routing server on a free port. */
export const make = (options: RoutingServerOptions = {}) =>
  makeServer({
    name: "framedb-server",
    command: process.execPath,
    args: ({ port, directory }) => [
      main,
      "--port",
      String(port),
      "--store",
      options.store ?? `sqlite:${directory}/routes.db`,
    ],
    answers: ({ port }) => routingAnswers(port),
    url: (port) => `http://127.0.0.1:${port}`,
  })

/** A private routing server for as long as the layer lives. */
export const layer = (options: RoutingServerOptions = {}) => Layer.effect(RoutingServer, make(options))
