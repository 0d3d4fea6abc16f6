/** A driver's client through its life: connected, lost and connected again, closed. */
import type { BackendError, Instance } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Redis } from "ioredis"
import { Deadlines } from "./Deadlines.ts"
import { type Driver, disconnectTimeoutMillis } from "./driver.ts"
import { failureOf, type Operation, outOfTime } from "./failure.ts"
import type { RedisSettings } from "./RedisOptions.ts"

/** What a failure says that was being done. */
export const opening: Operation = { name: "open", isWrite: false }

/** A driver's client with what has to be known about it. */
export class Link {
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

/** Succeeds as soon as the driver has given up its connection. */
export const ended = (driver: Driver) =>
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
export const close = (link: Link) =>
  Effect.suspend(() => {
    link.deadlines.close()
    return link.driver.status === "end" ? Effect.void : disconnect(link)
  })

/** Bounds an effect by `connectTimeoutMillis`. */
export const withinConnectTimeout =
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
export const connect = (link: Link) =>
  Effect.tryPromise({
    try: () => connectDriver(link.driver),
    // The driver rejects with "Connection is closed." and tells the cause as an event.
    catch: (thrown) => failureOf(opening, link.instance, link.lastError ?? thrown),
  }).pipe(
    withinConnectTimeout(link),
    Effect.onError(() => disconnect(link)),
  )

/** Connects again, whenever the connection is lost, for as long as it takes. */
export const heal = (link: Link) => {
  const { reconnectDelayMillis, maxReconnectDelayMillis } = link.settings
  const waits = Schedule.min([
    Schedule.exponential(reconnectDelayMillis),
    Schedule.spaced(maxReconnectDelayMillis),
  ]).pipe(Schedule.jittered)
  const reconnect = connect(link).pipe(Effect.delay(reconnectDelayMillis), Effect.retry(waits))
  return ended(link.driver).pipe(Effect.andThen(reconnect), Effect.ignore, Effect.forever)
}
