/**
 * One connection of the channel, from being made to being lost. It is two of the driver's: one that listens, since a listening
 * one may do nothing else, and one that publishes. Where one goes, so does the other.
 *
 * A session ends as soon as it can't be trusted: a connection is lost, a message is not taken in time, or the listening
 * connection leaves a PING unanswered for `heartbeatMillis`. That PING is answered behind the messages that are on their way, so that a
 * client which falls behind notices it, too.
 */
import { BackendError, backendReason, type Instance, type InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Driver, makeDriver } from "../driver.ts"
import { failureOf } from "../failure.ts"
import { close, connect, ended, Link } from "../Link.ts"
import { readPemFiles } from "../pemFiles.ts"
import type { RedisSettings } from "../RedisOptions.ts"
import { type RedisTopology, topologyOf } from "../RedisTopology.ts"
import { parseRedisUrl, type RedisAddress } from "../RedisUrl.ts"
import type { Channel } from "./Channel.ts"

/** What a session is made with. */
export interface SessionOptions {
  readonly instance: Instance
  readonly settings: RedisSettings
  /** The channel's name on the server. */
  readonly name: string
  readonly heartbeatMillis: number
  /** Counts the attempts: of a cluster's nodes each one in turn is tried. */
  readonly attempt: number
}

type SessionError = BackendError | InvalidArgument

interface Place {
  readonly address: RedisAddress
  readonly topology: RedisTopology
}

/** Every node of a cluster passes messages on to all others, so that one of them is as good as all. */
const placeOf = (address: RedisAddress, topology: RedisTopology, attempt: number): Place => {
  if (topology.kind !== "cluster") return { address, topology }
  const node = topology.nodes[attempt % topology.nodes.length]
  return { address: { ...address, ...node }, topology: { kind: "single" } }
}

const openLink = Effect.fnUntraced(function* ({ instance, settings, attempt }: SessionOptions) {
  const address = yield* Effect.fromResult(parseRedisUrl(instance.url))
  const place = placeOf(address, yield* Effect.fromResult(topologyOf(instance.metadata, address)), attempt)
  const tls = settings.tls === undefined ? {} : { tls: yield* readPemFiles(settings.tls) }
  const make = () => new Link(makeDriver(place.address, place.topology, { ...settings, ...tls }), instance, settings)
  const link = yield* Effect.acquireRelease(Effect.sync(make), close)
  yield* connect(link)
  return link
})

const within = (operation: string, millis: number, { instance }: SessionOptions) => {
  const reason = backendReason("Timeout", `no answer within ${millis} ms`)
  const late = () =>
    new BackendError({ backend: "redis", operation, instance: instance.framedbId, reason, maybeApplied: false })
  return (command: (driver: Driver) => Promise<unknown>) =>
    (link: Link): Effect.Effect<void, BackendError> =>
      Effect.tryPromise({
        try: () => command(link.driver),
        catch: (thrown) => failureOf({ name: operation, isWrite: false }, instance, thrown),
      }).pipe(Effect.asVoid, Effect.timeoutOrElse({ duration: millis, orElse: () => Effect.fail(late()) }))
}

/** Connects, and passes messages on in both directions until that ends. Fails with what has ended it. */
export const runSession = (channel: Channel, options: SessionOptions): Effect.Effect<never, SessionError> =>
  Effect.scoped(connected(channel, options))

const connected = Effect.fnUntraced(function* (
  channel: Channel,
  options: SessionOptions,
): Effect.fn.Return<never, SessionError, Scope.Scope> {
  const { name, heartbeatMillis, settings } = options
  const subscriber = yield* openLink(options)
  const publisher = yield* openLink(options)
  const topic = Buffer.from(name)
  const listener = subscriber.driver
  listener.on("messageBuffer", (_: Buffer, message: Buffer) => channel.receive(message))
  yield* within("subscribe", settings.commandTimeoutMillis, options)((driver) => driver.subscribe(topic))(subscriber)

  const ping = within("ping", heartbeatMillis, options)((driver) => driver.ping())
  const beat = Effect.andThen(
    ping(subscriber),
    Effect.sync(() => channel.outbox.mark()),
  )
  const send = (message: Buffer) =>
    within("publish", settings.commandTimeoutMillis, options)((driver) => driver.publish(topic, message))(publisher)
  const lost = (link: Link) =>
    Effect.andThen(
      ended(link.driver),
      Effect.suspend(() =>
        Effect.fail(failureOf({ name: "listen", isWrite: false }, options.instance, link.lastError)),
      ),
    )

  yield* Effect.acquireRelease(
    Effect.sync(() => channel.connected()),
    () => Effect.sync(() => channel.disconnected()),
  )
  return yield* Effect.raceAllFirst([
    lost(subscriber),
    lost(publisher),
    channel.outbox.sendAll(send),
    Effect.forever(Effect.delay(beat, heartbeatMillis)),
  ])
})
