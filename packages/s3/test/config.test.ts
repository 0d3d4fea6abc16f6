import { expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { s3OptionsConfig } from "../src/s3OptionsConfig.ts"

const read = (env: Record<string, string>) =>
  Effect.provideService(
    Effect.gen(function* () {
      return yield* s3OptionsConfig
    }),
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromEnv({ env }),
  )

it.effect("options that the environment does not give are left to their defaults", () =>
  Effect.gen(function* () {
    expect(yield* read({ FRAMEDB_S3_BUCKET: "b" })).toEqual({ bucket: "b" })
  }),
)

it.effect("every option has a variable, and secrets stay redacted", () =>
  Effect.gen(function* () {
    const options = yield* read({
      FRAMEDB_S3_BUCKET: "b",
      FRAMEDB_S3_ENDPOINT: "http://127.0.0.1:9000",
      FRAMEDB_S3_FORCE_PATH_STYLE: "false",
      FRAMEDB_S3_CHECKSUMS: "when-supported",
      FRAMEDB_S3_PART_BYTES: "6000000",
      FRAMEDB_S3_ACCESS_KEY_ID: "id",
      FRAMEDB_S3_SECRET_ACCESS_KEY: "very-secret",
    })
    expect(options).toMatchObject({ forcePathStyle: false, checksums: "when-supported", partBytes: 6_000_000 })
    expect(options.credentials && Redacted.value(options.credentials.secretAccessKey)).toBe("very-secret")
    expect(JSON.stringify(options)).not.toContain("very-secret")
  }),
)

it.effect("a bucket is needed, and half a pair of keys is an error", () =>
  Effect.gen(function* () {
    expect((yield* Effect.flip(read({})))._tag).toBe("ConfigError")
    const half = { FRAMEDB_S3_BUCKET: "b", FRAMEDB_S3_ACCESS_KEY_ID: "id" }
    expect((yield* Effect.flip(read(half)))._tag).toBe("ConfigError")
    expect((yield* Effect.flip(read({ FRAMEDB_S3_BUCKET: "b", FRAMEDB_S3_PART_BYTES: "x" })))._tag).toBe("ConfigError")
  }),
)
