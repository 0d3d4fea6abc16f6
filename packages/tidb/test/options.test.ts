import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TiDBLive from "../src/TiDBLive.ts"
import { optionsConfig, problemOfOptions, settingsOf } from "../src/TiDBOptions.ts"
import { driverTls, joinTls } from "../src/TiDBTlsOptions.ts"

const fromEnvironment = (env: Record<string, string>) =>
  optionsConfig.pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })))

describe("options", () => {
  it.effect("come from the environment, one variable for each", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* fromEnvironment({}), {})
      const options = yield* fromEnvironment({
        FRAMEDB_TIDB_MAX_CONNECTIONS: "3",
        FRAMEDB_TIDB_STATEMENT_TIMEOUT_MILLIS: "2500",
        FRAMEDB_TIDB_TLS_MODE: "verifyCa",
        FRAMEDB_TIDB_TLS_CA: "/etc/ca.pem",
      })
      assert.deepStrictEqual(options, {
        maxConnections: 3,
        statementTimeoutMillis: 2500,
        tls: { mode: "verifyCa", ca: "/etc/ca.pem" },
      })
      const error = yield* Effect.flip(fromEnvironment({ FRAMEDB_TIDB_MAX_CONNECTIONS: "many" }))
      assert.strictEqual(error._tag, "ConfigError")
    }),
  )

  it("have a bound for everything", () => {
    const { tls, ...bounds } = settingsOf({})
    assert.isUndefined(tls)
    for (const [name, bound] of Object.entries(bounds)) assert.isTrue(Number.isSafeInteger(bound) && bound > 0, name)
    assert.isUndefined(problemOfOptions(bounds))
  })

  for (const bound of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`refuse a bound of ${bound} before anything is connected`, () =>
      assert.strictEqual(problemOfOptions({ maxWaiting: bound })?.argument, "maxWaiting"))
  }
})

describe("options that can't be used", () => {
  it.effect("fail the layer before an instance is opened", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(TiDBLive.layer({ batchKeys: 1025 }))))
      assert.strictEqual(error.argument, "batchKeys")
    }),
  )

  it.effect("are called by their variables where they come from the environment", () =>
    Effect.gen(function* () {
      const env = { FRAMEDB_TIDB_MAX_CONNECTIONS: "0" }
      const error = yield* Effect.scoped(Layer.build(TiDBLive.layerConfig)).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
        Effect.flip,
      )
      assert.strictEqual(error._tag, "InvalidArgument")
      assert.include(error, { argument: "FRAMEDB_TIDB_MAX_CONNECTIONS" })
    }),
  )
})

describe("TLS", () => {
  it("is the stricter of what the URL and what the application says", () => {
    assert.strictEqual(joinTls(undefined, undefined).mode, "disabled")
    assert.strictEqual(joinTls({ mode: "disabled" }, { mode: "required" }).mode, "required")
    assert.strictEqual(joinTls({ mode: "verifyCa" }, { mode: "required" }).mode, "verifyCa")
    assert.deepStrictEqual(joinTls({ ca: "url" }, { ca: "own" }), { ca: "own", mode: "verifyIdentity" })
  })

  it.effect("refuses a file that can't be read, by the option's name alone", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(driverTls({ ca: "/no/such/s3cret.pem" }))
      assert.strictEqual(error.argument, "tls.ca")
      assert.notInclude(error.message, "s3cret")
    }),
  )
})
