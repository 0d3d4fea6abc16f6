// How a service is set up: everything from the environment, checked when it starts, secrets never shown.
//
//   node examples/production-setup.ts          shows what would be read, and connects to nothing
//   node examples/production-setup.ts --live   the same against servers that it starts
import assert from "node:assert/strict"
import { registryConfig, routingConfig } from "@framedb/routing"
import { ensurePackages, LocalCluster } from "@framedb/testing"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FrameDB, FrameDBLive, programOptionsConfig } from "framedb"

/** The application. In production this is all: `FrameDBLive.layerConfig` finds the rest in `process.env`. */
const application = Effect.gen(function* () {
  const db = yield* FrameDB
  yield* db.setValue("settings", { framesPerSecond: 25 }, { framedbId: "redis-1", type: "in-memory" })
  const { value, source } = yield* db.getValue("settings")
  yield* Console.log(`read ${JSON.stringify(value)} from the ${source}`)
  yield* db.deleteObject("settings")
}).pipe(Effect.provide(FrameDBLive.layerConfig))

/** What one would find in a container's environment. */
const environment = {
  FRAMEDB_CLUSTER_URL: "https://registry.example.com",
  FRAMEDB_ROUTING_URL: "https://service:sesame@routing.example.com/v1",
  FRAMEDB_ROUTING_TOKEN: "sesame",
  FRAMEDB_HTTP_DEADLINE_MILLIS: "2000",
  FRAMEDB_CACHE_SIZE_BYTES: String(512 * 1024 * 1024),
  FRAMEDB_RETRIES: "5",
  CLUSTER_ID: "eu-1",
}

const given = (record: object) => Object.entries(record).filter(([, value]) => value !== undefined)

/** What the parts read of it. URLs and tokens are `Redacted`: whoever prints them by mistake prints nothing. */
const show = Effect.gen(function* () {
  const parts = { programs: programOptionsConfig, registry: registryConfig, routing: routingConfig }
  for (const [part, config] of Object.entries(parts)) {
    for (const [option, value] of given(yield* config)) yield* Console.log(`${part.padEnd(9)} ${option} = ${value}`)
  }
})

/** A wrong setting is found before anything is connected, and named. */
const mistaken = Effect.gen(function* () {
  const error = yield* Effect.flip(application)
  yield* Console.log(`\nwith FRAMEDB_RETRIES=often it does not start:\n${error.message}`)
  assert.equal(error._tag, "ConfigError")
  assert.doesNotMatch(String(error), /sesame/)
})

const withEnvironment = (variables: Record<string, string>) =>
  Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: variables }))

const live = Effect.gen(function* () {
  const { clusterUrl, routingUrl } = yield* LocalCluster.LocalCluster
  const variables = { FRAMEDB_CLUSTER_URL: clusterUrl, FRAMEDB_ROUTING_URL: routingUrl }
  yield* Effect.provide(application, withEnvironment(variables))
}).pipe(Effect.provide(LocalCluster.layer()))

await Effect.runPromise(Effect.provide(show, withEnvironment(environment)))
await Effect.runPromise(Effect.provide(mistaken, withEnvironment({ ...environment, FRAMEDB_RETRIES: "often" })))

if (process.argv.includes("--live")) {
  await ensurePackages()
  await Effect.runPromise(live)
}
