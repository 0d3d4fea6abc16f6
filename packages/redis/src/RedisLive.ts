/** Redis instances over ioredis. */
import { type InvalidArgument, OptionRules, RedisBackend } from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeChunks } from "./chunks/RedisChunks.ts"
import { makeObjects } from "./objects/RedisObjects.ts"
import { makeQueues } from "./queues/RedisQueues.ts"
import { openClient } from "./RedisClient.ts"
import { optionsConfig, problemOfOptions, type RedisOptions, settingsOf } from "./RedisOptions.ts"

/** Makes the backend. Connections are made when instances are opened, which fails for options that can't be used. */
export const make = (options: RedisOptions = {}): RedisBackend["Service"] => {
  const settings = settingsOf(options)
  return {
    open: Effect.fnUntraced(function* (instance) {
      const problem = problemOfOptions(options)
      if (problem !== undefined) return yield* problem
      const client = yield* openClient(instance, settings)
      return { objects: makeObjects(client), chunks: makeChunks(client), queues: makeQueues(client), ping: client.ping }
    }),
  }
}

const checked = (options: RedisOptions, nameOf?: (name: string) => string) =>
  Effect.suspend(() => {
    const problem = problemOfOptions(options, nameOf)
    return problem === undefined ? Effect.succeed(make(options)) : Effect.fail(problem)
  })

/** Provides Redis instances. Fails for options that can't be used. */
export const layer = (options: RedisOptions = {}): Layer.Layer<RedisBackend, InvalidArgument> =>
  Layer.effect(RedisBackend, checked(options))

/** Provides Redis instances with the options from the environment, `FRAMEDB_REDIS_…`. */
export const layerConfig: Layer.Layer<RedisBackend, InvalidArgument | Config.ConfigError> = Layer.effect(
  RedisBackend,
  Effect.flatMap(optionsConfig, (options) => checked(options, OptionRules.variableOf("FRAMEDB_REDIS_"))),
)
