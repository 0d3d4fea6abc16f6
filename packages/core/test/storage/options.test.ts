import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { CustomObjectStorage, FolderObjectStorage, InvalidArgument, MemoryObjectStorage } from "@framedb/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const path = join(tmpdir(), "framedb-never-made")

/** What a caller without types, or the environment, may give. */
const untyped = (options: object) => options as never

const failure = <A, E>(layer: Layer.Layer<A, E>) => Effect.flip(Effect.scoped(Layer.build(layer)))

describe("options that can't be used are refused by name, before anything is opened:", () => {
  for (const [argument, options] of [
    ["path", {}],
    ["path", { path: "" }],
    ["path", { path: 1 }],
    ["durable", { path, durable: "no" }],
    ["pieceBytes", { path, pieceBytes: 0 }],
    ["pieceBytes", { path, pieceBytes: 2 ** 40 }],
  ] as const) {
    it.effect(`a folder's ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* failure(FolderObjectStorage.layer(untyped(options))), {
          _tag: "InvalidArgument",
          argument,
        })
      }),
    )
  }

  for (const [argument, options] of [
    ["pieceBytes", { pieceBytes: 0 }],
    ["pieceBytes", { pieceBytes: Number.NaN }],
    ["attributeBytes", { attributeBytes: -1 }],
  ] as const) {
    it.effect(`those of memory: ${argument}`, () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* failure(MemoryObjectStorage.layer(options)), { _tag: "InvalidArgument", argument })
        assert.throws(() => MemoryObjectStorage.make(options), InvalidArgument)
      }),
    )
  }

  const backend = { upload: () => {}, download: () => undefined }
  for (const [argument, options] of [
    ["backend", { backend: { upload: () => {} } }],
    ["timeoutMillis", { backend, timeoutMillis: 0 }],
  ] as const) {
    it.effect(`those of a user's own: ${argument}`, () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* failure(CustomObjectStorage.layer(untyped(options))), {
          _tag: "InvalidArgument",
          argument,
        })
        assert.throws(() => CustomObjectStorage.make(untyped(options)), InvalidArgument)
      }),
    )
  }

  it.effect("a folder's variable that is empty", () =>
    Effect.gen(function* () {
      const environment = ConfigProvider.layer(ConfigProvider.fromUnknown({ FRAMEDB_FOLDER_PATH: "" }))
      const failed = yield* failure(Layer.provide(FolderObjectStorage.layerConfig, environment))
      assert.strictEqual(failed._tag, "ConfigError")
    }),
  )
})
