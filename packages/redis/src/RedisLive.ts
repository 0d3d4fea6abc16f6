/** Redis instances over ioredis. */
import { RedisBackend } from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeChunks } from "./chunks/RedisChunks.ts"
import { makeObjects } from "./objects/RedisObjects.ts"
import { makeQueues } from "./queues/RedisQueues.ts"
import { openClient } from "./RedisClient.ts"
import { optionsConfig, type RedisOptions, settingsOf } from "./RedisOptions.ts"

/** Makes the backend. Connections are made when instances are opened. */
export const make = (options: RedisOptions = {}): RedisBackend["Service"] => {
  const settings = settingsOf(options)
  return {
    open: Effect.fnUntraced(function* (instance) {
      const client = yield* openClient(instance, settings)
      return { objects: makeObjects(client), chunks: makeChunks(client), queues: makeQueues(client), ping: client.ping }
    }),
  }
}

/** Provides Redis instances. */
export const layer = (options: RedisOptions = {}): Layer.Layer<RedisBackend> =>
  Layer.sync(RedisBackend, () => make(options))

/** Provides Redis instances with the options from the environment, `FRAMEDB_REDIS_…`. */
export const layerConfig: Layer.Layer<RedisBackend, Config.ConfigError> = Layer.effect(
  RedisBackend,
  Effect.map(optionsConfig, make),
)
