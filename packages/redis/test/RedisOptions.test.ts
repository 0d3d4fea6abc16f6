import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, expect, test } from "vitest"
import { optionsConfig, settingsOf } from "../src/RedisOptions.ts"

const read = (env: Record<string, string>) => Effect.runSync(optionsConfig.parse(ConfigProvider.fromEnv({ env })))

describe("the options", () => {
  test("are none where the environment says nothing", () => {
    expect(read({})).toEqual({})
  })

  test("each have a variable", () => {
    const options = read({
      FRAMEDB_REDIS_CONNECT_TIMEOUT_MILLIS: "1",
      FRAMEDB_REDIS_COMMAND_TIMEOUT_MILLIS: "2",
      FRAMEDB_REDIS_RECONNECT_DELAY_MILLIS: "3",
      FRAMEDB_REDIS_MAX_RECONNECT_DELAY_MILLIS: "4",
      FRAMEDB_REDIS_SENTINEL_USERNAME: "watcher",
      FRAMEDB_REDIS_SENTINEL_PASSWORD: "hunter2",
      FRAMEDB_REDIS_TLS_REQUIRED: "true",
      FRAMEDB_REDIS_TLS_CA: "ca",
      FRAMEDB_REDIS_TLS_CERT: "cert",
      FRAMEDB_REDIS_TLS_KEY: "hunter3",
      FRAMEDB_REDIS_TLS_SERVERNAME: "db",
      FRAMEDB_REDIS_TLS_REJECT_UNAUTHORIZED: "false",
    })
    expect(options).toEqual({
      connectTimeoutMillis: 1,
      commandTimeoutMillis: 2,
      reconnectDelayMillis: 3,
      maxReconnectDelayMillis: 4,
      sentinelUsername: "watcher",
      sentinelPassword: Redacted.make("hunter2"),
      tls: {
        required: true,
        ca: "ca",
        cert: "cert",
        key: Redacted.make("hunter3"),
        servername: "db",
        rejectUnauthorized: false,
      },
    })
    expect(JSON.stringify(options)).not.toContain("hunter")
  })

  test("that can't be read are an error", () => {
    const env = { FRAMEDB_REDIS_COMMAND_TIMEOUT_MILLIS: "soon" }
    const exit = Effect.runSyncExit(optionsConfig.parse(ConfigProvider.fromEnv({ env })))
    expect(exit).toMatchObject({ _tag: "Failure" })
  })

  test("that are left out have their defaults", () => {
    expect(settingsOf({ commandTimeoutMillis: 7 })).toMatchObject({
      connectTimeoutMillis: 5_000,
      commandTimeoutMillis: 7,
    })
  })
})
