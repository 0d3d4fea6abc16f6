import { expect, it } from "@effect/vitest"
import { ClusterRegistry, FramedbId } from "@framedb/core"
import { MemoryClusterRegistry } from "@framedb/core/memory"
import { clusterRegistrySuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const known = [
  { framedbId: FramedbId.make("a"), kind: "redis", clusterId: undefined, metadata: {} },
  { framedbId: FramedbId.make("a"), kind: "sql", clusterId: "home", metadata: { zone: { rack: 1 } } },
  { framedbId: FramedbId.make("a/b ?#😀"), kind: "redis", clusterId: "away", metadata: {} },
] as const

clusterRegistrySuite("a registry in memory", {
  layer: MemoryClusterRegistry.layer({
    instances: known.map(({ clusterId, ...instance }) => ({
      ...instance,
      ...(clusterId === undefined ? {} : { clusterId }),
    })),
  }),
  capability: { known },
})

it.effect("knows every id in both kinds when no instances are named", () =>
  Effect.gen(function* () {
    const registry = yield* ClusterRegistry
    for (const kind of ["redis", "sql"] as const) {
      expect(Option.isSome(yield* registry.findInstance(FramedbId.make("any"), kind))).toBe(true)
    }
  }).pipe(Effect.provide(MemoryClusterRegistry.layer())),
)
