/** Which channel keeps the cache coherent with those of other processes. */
import { type ClusterRegistry, InvalidArgument, OptionRules } from "@framedb/core"
import { RedisCacheInvalidation, type RedisOptions, optionsConfig as redisOptionsConfig } from "@framedb/redis"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"

/** Over which Redis processes tell each other what they have written. Exactly one of `redisUrl` and `framedbId` is given. */
export interface CoherenceOptions {
  /** Any Redis, or any node of a Redis Cluster. Nothing is stored there. */
  readonly redisUrl?: string | Redacted.Redacted<string>
  /** An instance of the registry, of the types `in-memory` or `stream`. */
  readonly framedbId?: string
  /** The channel's name, the same for all clients that share objects. Default `framedb:invalidation`. */
  readonly channel?: string
  /** How often the connection is tried, in milliseconds; a dead one is noticed within twice that. Default 5,000. */
  readonly heartbeatMillis?: number
}

const rules: OptionRules.Rules<CoherenceOptions> = {
  redisUrl: OptionRules.urlText,
  framedbId: OptionRules.text,
  channel: OptionRules.text,
  heartbeatMillis: OptionRules.waitMillis,
}

/** The error to fail with where an option can't be used. Its name is as `nameOf` writes it. */
export const problemOfCoherence = (
  options: CoherenceOptions,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => OptionRules.problemOf(options, rules, nameOf)

/** `never`, because the port is optional: nobody relies on a layer that may provide nothing. */
type CoherenceLayer = Layer.Layer<never, InvalidArgument, ClusterRegistry>

/** How a caller has written the options of Redis, which the channel shares with the instances, and its own. */
type NameOf = (name: string) => string

const nameOfOption: NameOf = (name) => (name.startsWith("redis.") ? name : `coherence.${name}`)

const nameOfVariable: NameOf = (name) =>
  OptionRules.variableOf(name.startsWith("redis.") ? "FRAMEDB_" : "FRAMEDB_COHERENCE_")(name)

/** Provides the channel that the options name. */
export const coherenceLayer = (
  { redisUrl, framedbId, ...options }: CoherenceOptions,
  redis: RedisOptions | undefined,
  nameOf: NameOf = nameOfOption,
): CoherenceLayer => {
  const channel = redis === undefined ? options : { ...options, redis }
  if (redisUrl !== undefined && framedbId === undefined) return RedisCacheInvalidation.layer(redisUrl, channel, nameOf)
  if (framedbId !== undefined && redisUrl === undefined)
    return RedisCacheInvalidation.layerOnInstance(framedbId, channel, nameOf)
  const message = "coherence takes either a redisUrl or a framedbId"
  return Layer.effectContext(Effect.fail(new InvalidArgument({ argument: "coherence", message })))
}

const variables = Config.all({
  redisUrl: Config.option(Config.Redacted("FRAMEDB_COHERENCE_REDIS_URL")),
  framedbId: Config.option(Config.NonEmptyString("FRAMEDB_COHERENCE_FRAMEDB_ID")),
  channel: Config.option(Config.NonEmptyString("FRAMEDB_COHERENCE_CHANNEL")),
  heartbeatMillis: Config.option(Config.Int("FRAMEDB_COHERENCE_HEARTBEAT_MILLIS")),
})

const given = <A>(name: keyof CoherenceOptions, value: Option.Option<A>) =>
  Option.isSome(value) ? { [name]: value.value } : {}

/**
 * Provides the channel that the environment names: `FRAMEDB_COHERENCE_REDIS_URL` or `FRAMEDB_COHERENCE_FRAMEDB_ID`, with
 * `FRAMEDB_COHERENCE_CHANNEL` and `FRAMEDB_COHERENCE_HEARTBEAT_MILLIS`; none where neither is set.
 */
export const coherenceLayerConfig: Layer.Layer<never, InvalidArgument | Config.ConfigError, ClusterRegistry> =
  Layer.unwrap(
    Effect.map(
      Config.all({ found: variables, redis: redisOptionsConfig }),
      ({ found: { redisUrl, framedbId, channel, heartbeatMillis }, redis }): CoherenceLayer => {
        if (Option.isNone(redisUrl) && Option.isNone(framedbId)) return Layer.empty
        const place = { ...given("redisUrl", redisUrl), ...given("framedbId", framedbId) }
        const options = { ...place, ...given("channel", channel), ...given("heartbeatMillis", heartbeatMillis) }
        const problem = problemOfCoherence(options, nameOfVariable)
        return problem === undefined
          ? coherenceLayer(options, redis, nameOfVariable)
          : Layer.effectContext(Effect.fail(problem))
      },
    ),
  )
