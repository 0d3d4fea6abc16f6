/**
 * `CacheInvalidation` over a Redis: messages published on a channel, to whoever listens at that moment.
 *
 * It connects in the background, and again whenever the connection is lost, with a doubling wait. It does not matter which Redis
 * it is; of a Redis Cluster any node. Nothing is stored there. Whoever may publish on the channel can make others read anew, and
 * nothing else.
 */
import {
  type BackendError,
  CacheInvalidation,
  ClusterRegistry,
  FramedbId,
  type Instance,
  InstanceNotFound,
  InvalidArgument,
  OptionRules,
  problemOfFramedbId,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { problemOfOptions, type RedisOptions, settingsOf } from "../RedisOptions.ts"
import { parseRedisUrl } from "../RedisUrl.ts"
import { Channel } from "./Channel.ts"
import { runSession } from "./session.ts"

/** What can be set about the channel. */
export interface RedisCacheInvalidationOptions {
  /** The channel's name, the same for all clients that share objects. Default `framedb:invalidation`. */
  readonly channel?: string
  /** How often the connection is tried, in milliseconds; a dead one is noticed within twice that. Default 5,000. */
  readonly heartbeatMillis?: number
  /** How the Redis is reached: deadlines, TLS, waits between attempts. */
  readonly redis?: RedisOptions
}

/** The default of `channel`. */
export const defaultChannel = "framedb:invalidation"

/** How long closing waits for what was written last to be told, in milliseconds. */
const lastWordMillis = 1_000
const lastWordPollMillis = 5

type FindInstance = Effect.Effect<Instance, BackendError | InstanceNotFound>

/** Makes what the caller has written out of a name such as `redis.commandTimeoutMillis`. */
type NameOf = (name: string) => string

const rules: OptionRules.Rules<Omit<RedisCacheInvalidationOptions, "redis">> = {
  channel: OptionRules.text,
  heartbeatMillis: OptionRules.waitMillis,
}

const problemOf = (
  { redis, ...options }: RedisCacheInvalidationOptions,
  nameOf: NameOf = (name) => name,
): InvalidArgument | undefined =>
  OptionRules.problemOf(options, rules, nameOf) ?? problemOfOptions(redis ?? {}, (name) => nameOf(`redis.${name}`))

const urlRules = { redisUrl: OptionRules.required(OptionRules.urlText) }

/** Keeps the channel connected, for ever. */
const keepConnected = Effect.fnUntraced(function* (
  channel: Channel,
  find: FindInstance,
  options: RedisCacheInvalidationOptions,
) {
  const { heartbeatMillis = 5_000, channel: name = defaultChannel } = options
  const settings = settingsOf(options.redis ?? {})
  for (let attempt = 0; ; attempt++) {
    channel.failures++ // Until it is connected.
    const session = Effect.flatMap(find, (instance) =>
      runSession(channel, { instance, settings, name, heartbeatMillis, attempt }),
    )
    yield* Effect.ignore(session)
    const pauseMillis = settings.reconnectDelayMillis * 2 ** Math.min(channel.failures, 30)
    const jitter = 0.5 + (yield* Random.next) / 2
    yield* Effect.sleep(Math.min(pauseMillis, settings.maxReconnectDelayMillis) * jitter)
  }
})

/** What was written just before closing would otherwise be told to nobody. Where connecting fails, there is no use in waiting. */
const lastWord = (channel: Channel) =>
  Effect.sleep(lastWordPollMillis).pipe(
    Effect.repeat({ while: () => !channel.outbox.isEmpty && channel.failures <= 1 }),
    Effect.timeoutOption(lastWordMillis),
    Effect.when(Effect.sync(() => !channel.outbox.isEmpty)),
  )

const makeWith = Effect.fnUntraced(function* (find: FindInstance, options: RedisCacheInvalidationOptions) {
  // Not from `Random`: two clients with one name would not hear each other.
  const channel = new Channel(crypto.randomUUID().replaceAll("-", ""))
  yield* Effect.forkScoped(keepConnected(channel, find, options))
  yield* Effect.addFinalizer(() => lastWord(channel))
  return CacheInvalidation.of({
    publish: (key) => channel.outbox.add(key),
    listen: (hear) =>
      Effect.acquireRelease(
        Effect.sync(() => channel.listen(hear)),
        () => Effect.sync(() => channel.leave(hear)),
      ),
  })
})

const instanceAt = (url: Redacted.Redacted<string>): Instance => ({
  framedbId: FramedbId.make("cache-invalidation"),
  kind: "redis",
  url,
  clusterId: undefined,
  metadata: {},
})

/**
 * Joins the channel on the Redis at a URL. Fails with `InvalidArgument` for a URL or an option that can't be used, which the
 * error calls as `nameOf` does.
 */
export const make = Effect.fnUntraced(function* (
  redisUrl: string | Redacted.Redacted<string>,
  options: RedisCacheInvalidationOptions = {},
  nameOf?: NameOf,
): Effect.fn.Return<CacheInvalidation["Service"], InvalidArgument, Scope.Scope> {
  const problem = OptionRules.problemOf({ redisUrl }, urlRules, nameOf) ?? problemOf(options, nameOf)
  if (problem !== undefined) return yield* problem
  const url = Redacted.isRedacted(redisUrl) ? redisUrl : Redacted.make(redisUrl)
  yield* Effect.fromResult(parseRedisUrl(url))
  return yield* makeWith(Effect.succeed(instanceAt(url)), options)
})

/** Joins the channel on an instance of the registry, which is asked again whenever the connection is lost. */
export const makeOnInstance = Effect.fnUntraced(function* (
  framedbId: string,
  options: RedisCacheInvalidationOptions = {},
  nameOf?: NameOf,
): Effect.fn.Return<CacheInvalidation["Service"], InvalidArgument, Scope.Scope | ClusterRegistry> {
  const message = problemOfFramedbId(framedbId)
  const problem =
    message === undefined ? problemOf(options, nameOf) : new InvalidArgument({ argument: "framedbId", message })
  if (problem !== undefined) return yield* problem
  const registry = yield* ClusterRegistry
  const id = FramedbId.make(framedbId)
  const find = Effect.flatMap(registry.findInstance(id, "redis"), (found) =>
    Option.isSome(found)
      ? Effect.succeed(found.value)
      : Effect.fail(new InstanceNotFound({ framedbId: id, kind: "redis" })),
  )
  return yield* makeWith(find, options)
})

/** Provides the channel on the Redis at a URL. See `make`. */
export const layer = (
  redisUrl: string | Redacted.Redacted<string>,
  options: RedisCacheInvalidationOptions = {},
  nameOf?: NameOf,
): Layer.Layer<CacheInvalidation, InvalidArgument> => Layer.effect(CacheInvalidation, make(redisUrl, options, nameOf))

/** Provides the channel on an instance of the registry. See `makeOnInstance`. */
export const layerOnInstance = (
  framedbId: string,
  options: RedisCacheInvalidationOptions = {},
  nameOf?: NameOf,
): Layer.Layer<CacheInvalidation, InvalidArgument, ClusterRegistry> =>
  Layer.effect(CacheInvalidation, makeOnInstance(framedbId, options, nameOf))
