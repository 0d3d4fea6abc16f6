/**
 * A private server as a scoped resource. A new kind of server begins as a copy of `RedisServer.ts`: a definition, then
 * `make`, `layer`.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { ServerError } from "./ServerError.ts"
import { type ServerDefinition, ServerProcess } from "./ServerProcess.ts"

/** A running server that belongs to whoever started it, who may also break it. */
export interface Server {
  /** How a client reaches it; the same after every restart. */
  readonly url: string
  /** On 127.0.0.1. */
  readonly port: number
  /** The server's folder, which goes when its scope closes. */
  readonly directory: string
  /** The process id; `undefined` while no process runs. */
  readonly pid: Effect.Effect<number | undefined>
  /** Ends the process in its own order; its data stays. */
  readonly stop: Effect.Effect<void>
  /** Ends the process with SIGKILL; what it had written stays. */
  readonly kill: Effect.Effect<void>
  /** Starts the process again on the same port and data, after a stop if it still runs; done when it answers. */
  readonly restart: Effect.Effect<void, ServerError>
  /** Freezes the process: connections stay open and nothing is answered. */
  readonly pause: Effect.Effect<void>
  /** Lets a paused process go on. */
  readonly resume: Effect.Effect<void>
}

const toServerError = (name: string) => (cause: unknown) =>
  cause instanceof ServerError ? cause : new ServerError({ server: name, problem: String(cause), log: "" })

/**
 * Starts a server on a free port and waits until it answers. When the scope closes the process is killed and its folder
 * removed; when this process dies, by whatever means, a watchdog does the same.
 */
export const makeServer = Effect.fnUntraced(function* (
  definition: ServerDefinition & { readonly url: (port: number) => string },
) {
  const failed = toServerError(definition.name)
  const running = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => ServerProcess.open(definition), catch: failed }),
    (opened) => Effect.promise(() => opened.close()),
  )
  const restart = async () => {
    await running.stop()
    await running.start()
  }
  const server: Server = {
    url: definition.url(running.place.port),
    port: running.place.port,
    directory: running.place.directory,
    pid: Effect.sync(() => running.pid),
    stop: Effect.promise(() => running.stop()),
    kill: Effect.promise(() => running.kill()),
    restart: Effect.tryPromise({ try: restart, catch: failed }),
    pause: Effect.sync(() => running.pause()),
    resume: Effect.sync(() => running.resume()),
  }
  return server
})

/** A resource opened from plain promises; `close` gives it back. */
export interface Opened<A> extends AsyncDisposable {
  readonly value: A
  readonly close: () => Promise<void>
}

/** Opens any scoped resource of the harness without Effect: `await using redis = await open(RedisServer.make())`. */
export const open = async <A, E>(resource: Effect.Effect<A, E, Scope.Scope>): Promise<Opened<A>> => {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  try {
    const value = await Effect.runPromise(Scope.provide(resource, scope))
    return { value, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
