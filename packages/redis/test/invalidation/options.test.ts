import { describe, expect, it } from "@effect/vitest"
import { ClusterRegistry, InvalidArgument, OptionRules } from "@framedb/core"
import { RedisCacheInvalidation } from "@framedb/redis"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

const registry = Layer.succeed(
  ClusterRegistry,
  ClusterRegistry.of({ findInstance: () => Effect.succeed(Option.none()) }),
)

type Options = RedisCacheInvalidation.RedisCacheInvalidationOptions

const options: ReadonlyArray<readonly [argument: string, options: object]> = [
  ["channel", { channel: "" }],
  ["channel", { channel: 7 }],
  ["heartbeatMillis", { heartbeatMillis: 0 }],
  ["heartbeatMillis", { heartbeatMillis: 1.5 }],
  ["heartbeatMillis", { heartbeatMillis: 2 ** 40 }],
  ["redis.commandTimeoutMillis", { redis: { commandTimeoutMillis: Number.NaN } }],
  ["redis.tls.ca", { redis: { tls: { ca: 1 } } }],
]

const argumentOf = <E>(layer: Layer.Layer<never, E> | Layer.Layer<unknown, E>) =>
  Effect.map(Effect.flip(Effect.scoped(Layer.build(layer))), (error) =>
    error instanceof InvalidArgument ? error.argument : error,
  )

describe("options of the channel that can't be used", () => {
  it.effect.each(options)("fail the layer itself: %s", ([argument, wrong]) =>
    Effect.gen(function* () {
      // What plain JavaScript may pass, whatever the type says.
      const given = wrong as Options
      expect(yield* argumentOf(RedisCacheInvalidation.layer("redis://127.0.0.1:1", given))).toBe(argument)
      const onInstance = RedisCacheInvalidation.layerOnInstance("redis-1", given)
      expect(yield* argumentOf(Layer.provide(onInstance, registry))).toBe(argument)
    }),
  )

  it.effect("have the names that they were written with", () =>
    Effect.gen(function* () {
      const wrong = { redis: { commandTimeoutMillis: 0 } }
      const nameOf = OptionRules.variableOf("FRAMEDB_")
      const layer = RedisCacheInvalidation.layer("redis://127.0.0.1:1", wrong, nameOf)
      expect(yield* argumentOf(layer)).toBe("FRAMEDB_REDIS_COMMAND_TIMEOUT_MILLIS")
    }),
  )

  it.effect.each([undefined, null, "", 7, {}])("are not the only ones: so is a URL that is none: %s", (url) =>
    Effect.gen(function* () {
      expect(yield* argumentOf(RedisCacheInvalidation.layer(url as never))).toBe("redisUrl")
    }),
  )
})
