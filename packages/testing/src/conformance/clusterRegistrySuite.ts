/** What every `ClusterRegistry` promises, run alike in memory, on the server and on the published service. */
import { expect, layer } from "@effect/vitest"
import { ClusterRegistry, FramedbId, type Instance, type InstanceKind } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { awkwardKeys } from "./awkwardKeys.ts"
import { uniqueFramedbId } from "./routes.ts"

/** What the suite is run on. */
export interface ClusterRegistrySuiteOptions<E> {
  readonly layer: Layer.Layer<ClusterRegistry, E>
  readonly capability: {
    /** Instances that the registry knows, as it is to describe them; the URL is compared where one is given. */
    readonly known: ReadonlyArray<Omit<Instance, "url"> & { readonly url?: Redacted.Redacted<string> }>
  }
}

const kinds: ReadonlyArray<InstanceKind> = ["redis", "sql"]

/** Registers the tests of the `ClusterRegistry` contract. They run with the real clock. */
export const clusterRegistrySuite = <E>(name: string, options: ClusterRegistrySuiteOptions<E>): void => {
  const { known } = options.capability
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    for (const { url, ...expected } of known) {
      it.effect(`describes the ${expected.kind} instance ${JSON.stringify(expected.framedbId)}`, () =>
        Effect.gen(function* () {
          const registry = yield* ClusterRegistry
          const instance = Option.getOrThrow(yield* registry.findInstance(expected.framedbId, expected.kind))
          expect(instance).toMatchObject(expected)
          expect(instance.metadata).toEqual(expected.metadata)
          if (url !== undefined) expect(Redacted.value(instance.url)).toBe(Redacted.value(url))
          expect(JSON.stringify(instance)).not.toContain(Redacted.value(instance.url))
        }),
      )
    }

    it.effect("tells the kinds apart", () =>
      Effect.gen(function* () {
        const registry = yield* ClusterRegistry
        for (const framedbId of new Set(known.map((instance) => instance.framedbId))) {
          for (const kind of kinds) {
            const exists = known.some((instance) => instance.framedbId === framedbId && instance.kind === kind)
            expect(Option.isSome(yield* registry.findInstance(framedbId, kind))).toBe(exists)
          }
        }
      }),
    )

    it.effect("gives None, not an error, for an id that it does not know, whatever its characters", () =>
      Effect.gen(function* () {
        const registry = yield* ClusterRegistry
        const ids = [...awkwardKeys().flatMap(({ keys }) => keys), uniqueFramedbId()].map((id) => FramedbId.make(id))
        const asked = ids.flatMap((id) => kinds.map((kind) => ({ id, kind })))
        const found = yield* Effect.forEach(asked, ({ id, kind }) => registry.findInstance(id, kind), {
          concurrency: 8,
        })
        expect(found.filter(Option.isSome)).toEqual([])
      }),
    )

    it.effect("answers many at once", () =>
      Effect.gen(function* () {
        const registry = yield* ClusterRegistry
        const asked = Array.from({ length: 10 }, () => known).flat()
        const found = yield* Effect.forEach(asked, ({ framedbId, kind }) => registry.findInstance(framedbId, kind), {
          concurrency: "unbounded",
        })
        expect(found.map(Option.map(({ framedbId }) => framedbId))).toEqual(
          asked.map(({ framedbId }) => Option.some(framedbId)),
        )
      }),
    )
  })
}
