/**
 * An open connection to a Redis instance, on which objects and queues are built.
 *
 * It connects once when it is opened, and fails if that fails. Afterwards it connects again whenever it was
 * disconnected, with a doubling wait, until its scope closes. While it is disconnected, commands fail at once with
 * what went wrong when it last tried: whoever calls decides whether to try again.
 */
import type { BackendError, Instance, InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Redis } from "ioredis"
import { Deadlines } from "./Deadlines.ts"
import { type Driver, disconnectTimeoutMillis, makeDriver } from "./driver.ts"
import { failureOf, notSent, type Operation, outOfTime } from "./failure.ts"
import type { RedisSettings } from "./RedisOptions.ts"
import { topologyOf } from "./RedisTopology.ts"
import { parseRedisUrl } from "./RedisUrl.ts"

/** Commands, and what to make of their replies. Neither function may throw. */
export interface Question<Reply, A> {
  readonly send: (driver: Driver) => Promise<Reply>
  readonly read: (reply: Reply) => A
  /** What a refusal answers, or `undefined` where it is a failure. */
  readonly refused?: (thrown: unknown) => A | undefined
}

/** An open connection. */
export interface RedisClient {
  readonly instance: Instance
  readonly settings: RedisSettings
  /** The driver's client, which `run` hands out; it is closed with the scope and never by anyone else. */
  readonly driver: Driver
  /**
   * Sends commands and waits for their answers, together at most `settings.commandTimeoutMillis`. Interrupting stops the
   * waiting; what was sent can't be called back. `send` is called only while the connection is there.
   */
  readonly run: <A>(operation: Operation, send: (driver: Driver) => Promise<A>) => Effect.Effect<A, BackendError>
  /** As `run`, for the hot path: turns the reply into the answer without another promise. */
  readonly ask: <Reply, A>(operation: Operation, question: Question<Reply, A>) => Effect.Effect<A, BackendError>
  /** Succeeds when the instance answers within the deadline. */
  readonly ping: Effect.Effect<void, BackendError>
  /**
   * Opens another connection to the same instance: for what blocks a connection (`XREADGROUP BLOCK`, `BLMOVE`), where
   * `commandTimeoutMillis` is set to more than it blocks for.
   */
  readonly openAnother: (
    settings?: Partial<RedisSettings>,
  ) => Effect.Effect<RedisClient, BackendError | InvalidArgument, Scope.Scope>
}

const opening: Operation = { name: "open", isWrite: false }
const pinging: Operation = { name: "ping", isWrite: false }

/** A driver's client with what has to be known about it. */
class Link {
  readonly driver: Driver
  readonly instance: Instance
  readonly settings: RedisSettings
  readonly deadlines: Deadlines
  /** What went wrong since the connection was last there. */
  lastError: unknown
  /** How many answers have come. */
  answers = 0

  constructor(driver: Driver, instance: Instance, settings: RedisSettings) {
    this.driver = driver
    this.instance = instance
    this.settings = settings
    this.deadlines = new Deadlines(settings.commandTimeoutMillis)
    // Without a listener an error would end the process.
    driver.on("error", (error: unknown) => this.#remember(error))
    driver.on("node error", (error: unknown) => this.#remember(error))
    driver.on("ready", () => {
      this.lastError = undefined
    })
  }

  /**
   * Gives up a connection on which nothing was answered for a whole deadline: whatever is sent on it next would wait as
   * long. A cluster's client does that for each of its nodes.
   */
  dropIfSilentSince(answersBefore: number): void {
    if (this.answers === answersBefore && this.driver instanceof Redis) this.driver.disconnect(true)
  }

  #remember(error: unknown): void {
    this.lastError = error
  }
}

const makeAsk =
  (link: Link): RedisClient["ask"] =>
  <Reply, A>(operation: Operation, question: Question<Reply, A>) =>
    Effect.callback<A, BackendError>((resume) => {
      const { driver, instance, deadlines } = link
      if (driver.status !== "ready") return resume(Effect.fail(notSent(operation, instance, link.lastError)))
      const answersBefore = link.answers
      const waiting = deadlines.begin(() => {
        link.dropIfSilentSince(answersBefore)
        resume(Effect.fail(outOfTime(operation, instance, link.settings.commandTimeoutMillis)))
      })
      question.send(driver).then(
        (reply) => {
          link.answers++
          deadlines.end(waiting)
          resume(Effect.succeed(question.read(reply)))
        },
        (thrown: unknown) => {
          link.answers++
          deadlines.end(waiting)
          const answer = question.refused?.(thrown)
          resume(answer === undefined ? Effect.fail(failureOf(operation, instance, thrown)) : Effect.succeed(answer))
        },
      )
      return Effect.sync(() => deadlines.end(waiting))
    })

/** Succeeds as soon as the driver has given up its connection. */
const ended = (driver: Driver) =>
  Effect.callback<void>((resume) => {
    if (driver.status === "end") return resume(Effect.void)
    const onEnd = () => resume(Effect.void)
    driver.once("end", onEnd)
    return Effect.sync(() => driver.off("end", onEnd))
  })

/**
 * Disconnects, and waits until the sockets are gone. A cluster's client has some of its own, to look at the slots with,
 * that tell no one when they are; none lives longer than this.
 */
const disconnect = ({ driver }: Link) =>
  Effect.suspend(() => {
    const isOpen = driver.status !== "end"
    if (isOpen) driver.disconnect()
    const gone = isOpen ? Effect.timeoutOption(ended(driver), 2 * disconnectTimeoutMillis) : Effect.void
    return driver instanceof Redis ? gone : Effect.andThen(gone, Effect.sleep(disconnectTimeoutMillis + 20))
  })

/** Ends what `openClient` began. What has ended by itself was waited for then. */
const close = (link: Link) =>
  Effect.suspend(() => {
    link.deadlines.close()
    return link.driver.status === "end" ? Effect.void : disconnect(link)
  })

const withinConnectTimeout =
  (link: Link) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | BackendError> =>
    Effect.timeoutOrElse(effect, {
      duration: link.settings.connectTimeoutMillis,
      orElse: () => Effect.fail(outOfTime(opening, link.instance, link.settings.connectTimeoutMillis)),
    })

const connectDriver = async (driver: Driver): Promise<void> => {
  await driver.connect()
  // The driver asks for the database, too, and goes on in database 0 where the server refuses it.
  if (driver instanceof Redis && driver.options.db) await driver.select(driver.options.db)
}

/** Connects once, within `connectTimeoutMillis`; a failed attempt leaves nothing behind. */
const connect = (link: Link) =>
  Effect.tryPromise({
    try: () => connectDriver(link.driver),
    // The driver rejects with "Connection is closed." and tells the cause as an event.
    catch: (thrown) => failureOf(opening, link.instance, link.lastError ?? thrown),
  }).pipe(
    withinConnectTimeout(link),
    Effect.onError(() => disconnect(link)),
  )

/** Connects again, whenever the connection is lost, for as long as it takes. */
const heal = (link: Link) => {
  const { reconnectDelayMillis, maxReconnectDelayMillis } = link.settings
  const waits = Schedule.min([
    Schedule.exponential(reconnectDelayMillis),
    Schedule.spaced(maxReconnectDelayMillis),
  ]).pipe(Schedule.jittered)
  const reconnect = connect(link).pipe(Effect.delay(reconnectDelayMillis), Effect.retry(waits))
  return ended(link.driver).pipe(Effect.andThen(reconnect), Effect.ignore, Effect.forever)
}

const toLink = (instance: Instance, settings: RedisSettings) =>
  Effect.gen(function* () {
    const address = yield* Effect.fromResult(parseRedisUrl(instance.url))
    const topology = yield* Effect.fromResult(topologyOf(instance.metadata, address))
    return new Link(makeDriver(address, topology, settings), instance, settings)
  })

/**
 * Opens an instance: connects and waits for the answer to a PING, within `connectTimeoutMillis`. Fails with `InvalidArgument`
 * for a URL or metadata that can't be used. Nothing is left behind when it fails or is interrupted.
 */
export const openClient: (
  instance: Instance,
  settings: RedisSettings,
) => Effect.Effect<RedisClient, BackendError | InvalidArgument, Scope.Scope> = Effect.fnUntraced(
  function* (instance, settings) {
    const link = yield* Effect.acquireRelease(toLink(instance, settings), close)
    const ask = makeAsk(link)
    const run: RedisClient["run"] = (operation, send) => ask(operation, { send, read: identity })
    const ping = run(pinging, (driver) => driver.ping().then(() => undefined))
    // The scope may live on after a failure, so what was begun ends here and not there.
    yield* Effect.andThen(connect(link), ping).pipe(
      withinConnectTimeout(link),
      Effect.onError(() => close(link)),
    )
    yield* Effect.forkScoped(heal(link))
    return {
      instance,
      settings,
      driver: link.driver,
      run,
      ask,
      ping,
      openAnother: (changes = {}) => openClient(instance, { ...settings, ...changes }),
    }
  },
)
