import { describe, expect, it } from "@effect/vitest"
import { ClusterRegistry, FramedbId, ObjectKey, ObjectRouting, StreamRouting } from "@framedb/core"
import { HttpClusterRegistry, HttpObjectRouting, HttpRouting, HttpStreamRouting } from "@framedb/routing"
import { startPublishedServices } from "@framedb/testing"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const environment = (env: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromEnv({ env }))

const services = Effect.acquireRelease(
  Effect.promise(() =>
    startPublishedServices({
      instances: [{ framedb_id: "r", cluster_id: "here", public_url: "redis://public", local_url: "redis://local" }],
    }),
  ),
  (running) => Effect.promise(() => running.stop()),
)

const find = Effect.flatMap(ObjectRouting, (routing) => routing.findMany([ObjectKey.make("k")]))
const findInstance = Effect.flatMap(ClusterRegistry, (registry) => registry.findInstance(FramedbId.make("r"), "redis"))

describe("layerConfig", () => {
  it.live.each(["FRAMEDB_ROUTING_URL", "MEMORYGRID_ROUTING_SERVICE_URL"])("takes the routing service from %s", (name) =>
    Effect.gen(function* () {
      const { url } = yield* services
      const env = environment({ [name]: url, FRAMEDB_ROUTING_TOKEN: "t", FRAMEDB_HTTP_CONNECTIONS: "2" })
      for (const layer of [HttpRouting.layerConfig, HttpObjectRouting.layerConfig]) {
        expect(yield* Effect.provide(find, Layer.provide(layer, env), { local: true })).toEqual([Option.none()])
      }
      yield* Effect.provide(StreamRouting, Layer.provide(HttpStreamRouting.layerConfig, env), { local: true })
    }),
  )

  it.live.each(["FRAMEDB_CLUSTER_URL", "MEMORYGRID_GLOBAL_CONFIG"])("takes the registry from %s", (name) =>
    Effect.gen(function* () {
      const { url } = yield* services
      for (const [clusterId, expected] of [
        ["here", "redis://local"],
        ["there", "redis://public"],
      ] as const) {
        const env = environment({ [name]: url, CLUSTER_ID: clusterId })
        const layer = Layer.provide(HttpClusterRegistry.layerConfig, env)
        const found = yield* Effect.provide(findInstance, layer, { local: true })
        expect(Redacted.value(Option.getOrThrow(found).url)).toBe(expected)
      }
    }),
  )

  it.live("fails where no URL is given", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(HttpRouting.layerConfig, environment({}))
      const error = yield* Effect.flip(Effect.provide(find, layer, { local: true }))
      expect(error._tag).toBe("ConfigError")
      expect(error.message).toContain("FRAMEDB_ROUTING_URL")
    }),
  )
})
