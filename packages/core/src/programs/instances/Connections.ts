/**
 * The open instances: one connection each however many ask at once, at most `connectionCacheSize` of them, the least
 * frequently used closed first, and never one that is in use.
 *
 * Instances are told apart by id and URL: when the registry gives another URL, a new connection is opened beside the old
 * one, which falls idle and is closed in its turn.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { FramedbId } from "../../domain/FramedbId.ts"
import { type InstanceKind, kindOf } from "../../domain/FramedbType.ts"
import type { Instance } from "../../domain/Instance.ts"
import type { Location } from "../../domain/Location.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { InstanceNotFound } from "../../errors/InstanceNotFound.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ClusterRegistry } from "../../ports/ClusterRegistry.ts"
import { RedisBackend, type RedisConnection } from "../../ports/RedisBackend.ts"
import { TiDBBackend, type TiDBConnection } from "../../ports/TiDBBackend.ts"
import { Traffic } from "../../ports/Traffic.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { forkIn } from "../forkIn.ts"
import { countedRedis, countedTiDB } from "../stats/countedConnection.ts"
import { type Fork, OpenInstance } from "./OpenInstance.ts"
import { SingleFlight } from "./SingleFlight.ts"

/** What keeps an instance from being opened. */
export type ConnectError = BackendError | InstanceNotFound | InvalidArgument

/** The connection of each kind of instance. */
export interface ConnectionOf {
  readonly redis: RedisConnection
  readonly sql: TiDBConnection
}

/** While every connection is in use, a caller who needs another looks again after this many milliseconds. */
const roomPollMillis = 5

/** Opens instances, shares them among callers, and closes those that are least used. */
export class Connections extends Context.Service<
  Connections,
  {
    /** Opens an instance, or joins the open one, and holds it open for the scope. */
    readonly acquire: <Kind extends InstanceKind>(
      framedbId: FramedbId,
      kind: Kind,
    ) => Effect.Effect<OpenInstance<ConnectionOf[Kind]>, ConnectError, Scope.Scope>
    /**
     * Does something with the instance of a place, opening it where needed. Nothing inside may ask for another instance:
     * with few connections, two that hold one each and want the other's would wait for ever.
     */
    readonly use: <A, E>(
      place: Location,
      f: (opened: OpenInstance) => Effect.Effect<A, E>,
    ) => Effect.Effect<A, E | ConnectError>
    /**
     * The open instance, if there is one and its URL is known to be current. To be used before the caller yields; `nowMillis`
     * saves a look at the clock.
     */
    readonly peek: <Kind extends InstanceKind>(
      framedbId: FramedbId,
      kind: Kind,
      nowMillis?: number,
    ) => OpenInstance<ConnectionOf[Kind]> | undefined
    /** What the registry says of an instance, at most `instanceCacheMillis` old. */
    readonly instance: (
      framedbId: FramedbId,
      kind: InstanceKind,
    ) => Effect.Effect<Instance, BackendError | InstanceNotFound>
    /** Forgets what the registry said, after a failure that a move of the instance would explain. */
    readonly forget: (framedbId: FramedbId, kind: InstanceKind) => void
    /** How many instances are open. */
    readonly openCount: () => number
  }
>()("@framedb/core/Connections") {}

interface KnownInstance {
  readonly instance: Instance
  /** The instance's key among the open ones, made once: making it costs more than looking it up. */
  readonly openKey: string
  readonly expiresAtMillis: number
}

interface OpenEntry {
  readonly open: OpenInstance
  readonly scope: Scope.Closeable
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const openKeyOf = (instance: Instance): string =>
  `${instance.kind}:${instance.framedbId}\n${Redacted.value(instance.url)}\n${JSON.stringify(instance.metadata)}`

/** Builds the service over the registry and the backends. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const registry = yield* ClusterRegistry
  const redis = yield* RedisBackend
  const tidb = yield* TiDBBackend
  const traffic = yield* Traffic
  const clock = yield* Clock.Clock
  const layerScope = yield* Effect.scope
  const fork: Fork = forkIn(layerScope)(yield* Effect.context<never>())

  const known = { redis: new Map<FramedbId, KnownInstance>(), sql: new Map<FramedbId, KnownInstance>() }
  const open = new Map<string, OpenEntry>()
  /** Connections that are being made: they count against the limit. */
  let reserved = 0
  const lookups = new SingleFlight<string, Instance, BackendError | InstanceNotFound>(fork)
  const openings = new SingleFlight<string, OpenInstance, ConnectError>(fork)

  const peekKnown = (
    framedbId: FramedbId,
    kind: InstanceKind,
    nowMillis = clock.currentTimeMillisUnsafe(),
  ): KnownInstance | undefined => {
    const entry = known[kind].get(framedbId)
    return entry !== undefined && nowMillis < entry.expiresAtMillis ? entry : undefined
  }

  const lookup = Effect.fnUntraced(function* (framedbId: FramedbId, kind: InstanceKind) {
    const found = yield* registry.findInstance(framedbId, kind)
    if (Option.isNone(found)) return yield* new InstanceNotFound({ framedbId, kind })
    const expiresAtMillis = clock.currentTimeMillisUnsafe() + options.instanceCacheMillis
    known[kind].set(framedbId, { instance: found.value, openKey: openKeyOf(found.value), expiresAtMillis })
    return found.value
  })

  const instance = (framedbId: FramedbId, kind: InstanceKind) => {
    const current = peekKnown(framedbId, kind)
    if (current !== undefined) return Effect.succeed(current.instance)
    return lookups.run(`${kind}:${framedbId}`, () => lookup(framedbId, kind))
  }

  const leastUsedIdle = (): [string, OpenEntry] | undefined => {
    let least: [string, OpenEntry] | undefined
    for (const [key, entry] of open) {
      if (entry.open.isIdle && (least === undefined || entry.open.uses < least[1].open.uses)) least = [key, entry]
    }
    return least
  }

  const closeOne = (key: string, entry: OpenEntry) => {
    open.delete(key)
    // Ageing: what was busy long ago does not outlive what is busy now.
    for (const { open: other } of open.values()) other.uses = Math.ceil(other.uses / 2)
    return Scope.close(entry.scope, Exit.void)
  }

  const reserveRoom = Effect.fnUntraced(function* (forInstance: Instance, restore: Restore) {
    const deadline = clock.currentTimeMillisUnsafe() + options.maxWaitMillis
    while (open.size + reserved >= options.connectionCacheSize) {
      const victim = leastUsedIdle()
      if (victim !== undefined) yield* closeOne(...victim)
      else if (clock.currentTimeMillisUnsafe() >= deadline) return yield* allInUse(forInstance, options)
      else yield* restore(Effect.sleep(roomPollMillis))
    }
    reserved++
  })

  const connect = Effect.fnUntraced(function* (target: Instance) {
    const scope = yield* Scope.fork(layerScope)
    const opened: Effect.Effect<RedisConnection | TiDBConnection, BackendError | InvalidArgument, Scope.Scope> =
      target.kind === "redis"
        ? Effect.map(redis.open(target), (connection) => countedRedis(traffic, connection))
        : Effect.map(tidb.open(target), (connection) => countedTiDB(traffic, connection))
    const connection = yield* opened.pipe(
      Scope.provide(scope),
      Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void)),
    )
    const fresh = new OpenInstance(target, connection, fork, options.maxWaitMillis)
    open.set(openKeyOf(target), { open: fresh, scope })
    return fresh
  })

  const openInstance = (target: Instance): Effect.Effect<OpenInstance, ConnectError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.andThen(
        reserveRoom(target, restore),
        restore(connect(target)).pipe(Effect.ensuring(Effect.sync(() => reserved--))),
      ),
    )

  const peek = (framedbId: FramedbId, kind: InstanceKind, nowMillis?: number): OpenInstance | undefined => {
    const current = peekKnown(framedbId, kind, nowMillis)
    const entry = current === undefined ? undefined : open.get(current.openKey)
    if (entry !== undefined) entry.open.uses++
    return entry?.open
  }

  /** Opens, and pins in the same step as it sees the instance open, so that nobody closes it in between. */
  const pin = Effect.fnUntraced(function* (target: Instance, restore: Restore) {
    const key = openKeyOf(target)
    while (true) {
      const entry = open.get(key)
      if (entry !== undefined) {
        entry.open.pins++
        entry.open.uses++
        return entry.open
      }
      yield* restore(openings.run(key, () => openInstance(target)))
    }
  })

  const acquire = (framedbId: FramedbId, kind: InstanceKind) =>
    Effect.flatMap(instance(framedbId, kind), (target) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.tap(pin(target, restore), (pinned) => Effect.addFinalizer(() => Effect.sync(() => pinned.pins--))),
      ),
    )

  const use = <A, E>(place: Location, f: (opened: OpenInstance) => Effect.Effect<A, E>) =>
    Effect.scoped(Effect.flatMap(acquire(place.framedbId, kindOf(place.type)), f))

  return Connections.of({
    // The registry was asked for this kind, and `connect` opens what the kind says.
    acquire: acquire as Connections["Service"]["acquire"],
    use,
    peek: peek as Connections["Service"]["peek"],
    instance,
    forget: (framedbId, kind) => known[kind].delete(framedbId),
    openCount: () => open.size,
  })
})

const allInUse = (instance: Instance, options: FrameDBOptions) =>
  new BackendError({
    backend: instance.kind,
    operation: "open",
    instance: instance.framedbId,
    reason: backendReason(
      "Overloaded",
      `all ${options.connectionCacheSize} connections are in use: raise connectionCacheSize`,
    ),
    maybeApplied: false,
  })

/** Provides the open instances; they are closed with the layer. */
export const layer = (
  options: FrameDBOptions,
): Layer.Layer<Connections, never, ClusterRegistry | RedisBackend | TiDBBackend | Traffic> =>
  Layer.effect(Connections, make(options))
