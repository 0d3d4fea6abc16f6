// What the compiler promises: checked by tsc, where an expectation that does not hold is an error.
import { describe, expectTypeOf, it } from "@effect/vitest"
import type { BackendError, FrameDB, InvalidArgument } from "@framedb/core"
import type * as Config from "effect/Config"
import type * as Layer from "effect/Layer"
import { type FrameDBClient, FrameDBLive, FrameDBMemory } from "framedb"

type Needs<L> = L extends Layer.Layer<never, unknown, infer R> ? R : never
type Fails<L> = L extends Layer.Layer<never, infer E, unknown> ? E : never

describe("the types of the layers", () => {
  it("need nothing, whatever they stand on", () => {
    expectTypeOf<Needs<ReturnType<typeof FrameDBLive.layer>>>().toEqualTypeOf<never>()
    expectTypeOf<Needs<typeof FrameDBLive.layerConfig>>().toEqualTypeOf<never>()
    expectTypeOf<Needs<ReturnType<typeof FrameDBMemory.layer>>>().toEqualTypeOf<never>()
  })

  it("list exactly what building them can fail with", () => {
    expectTypeOf<Fails<ReturnType<typeof FrameDBLive.layer>>>().toEqualTypeOf<BackendError | InvalidArgument>()
    type FromEnvironment = BackendError | InvalidArgument | Config.ConfigError
    expectTypeOf<Fails<typeof FrameDBLive.layerConfig>>().toEqualTypeOf<FromEnvironment>()
    expectTypeOf<Fails<ReturnType<typeof FrameDBMemory.layer>>>().toEqualTypeOf<InvalidArgument>()
  })

  it("provide the service", () => {
    expectTypeOf(FrameDBMemory.layer()).toExtend<Layer.Layer<FrameDB, InvalidArgument>>()
    expectTypeOf(FrameDBLive.layer).parameter(0).toHaveProperty("clusterUrl")
  })
})

declare const client: FrameDBClient

/** Never called: it only has to compile, and what is expected to fail has to fail. */
export const mistakes = (): void => {
  // @ts-expect-error: a type of older documents
  void client.setObject({ data: new Uint8Array(1), framedbId: "redis-1", type: "memory" })
  // @ts-expect-error: both services are needed
  FrameDBLive.layer({ clusterUrl: "http://registry:5000" })
  // @ts-expect-error: no such option
  FrameDBLive.layer({ clusterUrl: "http://registry:5000", routingUrl: "http://routing:5001", cacheSize: 1 })
}
