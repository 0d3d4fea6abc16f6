import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FolderObjectStorage } from "../packages/core/src/index.ts"
import { FrameDBLive } from "../packages/framedb/src/index.ts"
import { S3ObjectStorage } from "../packages/s3/src/index.ts"
import { root } from "./root.ts"

/** What has to be there for the rest to be read. */
const required: Readonly<Record<string, string>> = {
  FRAMEDB_CLUSTER_URL: "http://127.0.0.1:1",
  FRAMEDB_ROUTING_URL: "http://127.0.0.1:1",
  FRAMEDB_S3_BUCKET: "bucket",
  FRAMEDB_S3_ACCESS_KEY_ID: "id",
  FRAMEDB_S3_SECRET_ACCESS_KEY: "secret",
  FRAMEDB_FOLDER_PATH: tmpdir(),
}

/** Builds every layer that reads the environment, none of which connects, and gives the names that they asked for. */
const askedFor = Effect.gen(function* () {
  const asked = new Set<string>()
  const recording = ConfigProvider.make((path) =>
    Effect.sync(() => {
      const name = path.join("_")
      asked.add(name)
      const value = required[name]
      return value === undefined ? undefined : ConfigProvider.makeValue(value)
    }),
  )
  const layers = Layer.mergeAll(
    FrameDBLive.layerConfig,
    Layer.fresh(S3ObjectStorage.layerConfig),
    Layer.fresh(FolderObjectStorage.layerConfig),
  )
  yield* Effect.scoped(Layer.build(Layer.provide(layers, Layer.succeed(ConfigProvider.ConfigProvider, recording))))
  return asked
})

describe("docs/environment.md", () => {
  const page = readFileSync(join(root, "docs", "environment.md"), "utf8")
  const listed = new Set(page.match(/\b(FRAMEDB|MEMORYGRID)_[A-Z0-9_]+\b|\bCLUSTER_ID\b/g))

  it.effect("names every variable that the layers ask for", () =>
    Effect.gen(function* () {
      const asked = yield* askedFor
      assert.isAbove(asked.size, 60)
      assert.deepStrictEqual(
        [...asked].filter((name) => !listed.has(name)),
        [],
      )
    }),
  )

  it.effect("names no variable that nobody reads", () =>
    Effect.gen(function* () {
      const asked = yield* askedFor
      // Read only where the first name of the two is missing, or elsewhere than by a layer of the client.
      const elsewhere = /^(MEMORYGRID|FRAMEDB_SERVER|FRAMEDB_TEST)_/
      assert.deepStrictEqual(
        [...listed].filter((name) => !asked.has(name) && !elsewhere.test(name)),
        [],
      )
    }),
  )
})
