import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { FrameDBClient, FrameDBLive, type FrameDBLiveOptions, FrameDBMemory, InvalidArgument } from "framedb"

const urls = { clusterUrl: "http://127.0.0.1:1", routingUrl: "http://127.0.0.1:1" }

/** The error that a client is refused with, as plain JavaScript could ask for it. */
const refusal = (options: object): InvalidArgument => {
  try {
    // What the types would refuse is the point.
    new FrameDBClient({ ...urls, ...options } as FrameDBLiveOptions)
  } catch (error) {
    if (error instanceof InvalidArgument) return error
  }
  throw new Error("the options were taken")
}

const nestedIn = (
  part: string,
  names: ReadonlyArray<string>,
): ReadonlyArray<readonly [string, (v: unknown) => object]> =>
  names.map((name) => [`${part}.${name}`, (value) => ({ [part]: { [name]: value } })] as const)

/** Every option that is a bound, by the name that an error gives it. */
const bounds: ReadonlyArray<readonly [string, (value: unknown) => object]> = [
  ["connectionCacheSize", (connectionCacheSize) => ({ connectionCacheSize })],
  ["maxWaitMillis", (maxWaitMillis) => ({ maxWaitMillis })],
  ["maxObjectBytes", (maxObjectBytes) => ({ maxObjectBytes })],
  ...nestedIn("cache", ["maxEntries", "maxEntryBytes", "ttlMillis"]),
  ...nestedIn("coherence", ["heartbeatMillis"]),
  ...nestedIn("http", ["deadlineMillis", "connectTimeoutMillis", "connections", "maxResponseBytes"]),
  ...nestedIn("redis", [
    "connectTimeoutMillis",
    "commandTimeoutMillis",
    "reconnectDelayMillis",
    "maxReconnectDelayMillis",
    "chunkLeaseMillis",
    "chunkGraceMillis",
  ]),
  ...nestedIn("tidb", [
    "maxConnections",
    "maxWaiting",
    "acquireTimeoutMillis",
    "connectTimeoutMillis",
    "statementTimeoutMillis",
    "idleTimeoutMillis",
    "maxPreparedStatements",
    "batchKeys",
    "batchBytes",
    "batchesInFlight",
    "chunkLeaseMillis",
    "chunkGraceMillis",
  ]),
]

describe("options that can't be used", () => {
  it.each(bounds)("are refused by the constructor: %s", (name, optionsWith) => {
    for (const value of [Number.NaN, -1, 0, 1.5, "5000", null, {}]) {
      expect(refusal(optionsWith(value)).argument).toBe(name)
    }
  })

  it("are refused where they are no numbers, too", () => {
    expect(refusal({ cacheSizeBytes: -1 }).argument).toBe("cacheSizeBytes")
    expect(refusal({ cache: { favour: "speed" } }).argument).toBe("cache.favour")
    expect(refusal({ clusterUrl: undefined }).argument).toBe("clusterUrl")
    expect(refusal({ redis: { tls: { rejectUnauthorized: "no" } } }).argument).toBe("redis.tls.rejectUnauthorized")
    expect(refusal({ tidb: { tls: { mode: "strict" } } }).argument).toBe("tidb.tls.mode")
    expect(refusal({ tidb: { tls: true } }).argument).toBe("tidb.tls")
    expect(refusal({ redis: { commandTimeoutMillis: 2 ** 31 } }).argument).toBe("redis.commandTimeoutMillis")
  })

  it("are refused where there are none at all", () => {
    // As plain JavaScript may call it.
    const make: new (options?: unknown) => unknown = FrameDBClient as never
    expect(() => new make()).toThrow(InvalidArgument)
  })

  it("are not shown where they may be secrets", () => {
    const { argument, message } = refusal({ http: { bearerToken: "sesame" } })
    expect(argument).toBe("http.bearerToken")
    expect(message).not.toContain("sesame")
  })

  it("keep their defaults where they are undefined", async () => {
    const nothing = {
      redis: { commandTimeoutMillis: undefined },
      tidb: { batchKeys: undefined },
      cacheSizeBytes: undefined,
    }
    // As plain JavaScript may write it; the types refuse it.
    await using _ = new FrameDBClient({ ...urls, ...(nothing as object) })
  })

  it("are refused by the in-memory layer, too", async () => {
    await using db = FrameDBClient.memory({ cacheSizeBytes: Number.NaN })
    await expect(db.getObject("k")).rejects.toMatchObject({ _tag: "InvalidArgument", argument: "cacheSizeBytes" })
    const exit = Effect.runSyncExit(Effect.scoped(Layer.build(FrameDBMemory.layer({ cache: { maxEntries: 0 } }))))
    expect(exit._tag).toBe("Failure")
  })
})

const environment = {
  FRAMEDB_CLUSTER_URL: urls.clusterUrl,
  FRAMEDB_ROUTING_URL: urls.routingUrl,
}

const failureWith = (env: Record<string, string>) =>
  Effect.scoped(Layer.build(FrameDBLive.layerConfig)).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: { ...environment, ...env } })),
    Effect.flip,
  )

describe("variables that can't be used", () => {
  it.effect.each([
    "FRAMEDB_CONNECTION_CACHE_SIZE",
    "FRAMEDB_CACHE_MAX_ENTRIES",
    "FRAMEDB_HTTP_DEADLINE_MILLIS",
    "FRAMEDB_REDIS_COMMAND_TIMEOUT_MILLIS",
    "FRAMEDB_TIDB_BATCH_KEYS",
    "FRAMEDB_COHERENCE_HEARTBEAT_MILLIS",
  ])("fail the layer by their names: %s", (name) =>
    Effect.gen(function* () {
      const redis = { FRAMEDB_COHERENCE_REDIS_URL: "redis://127.0.0.1:1" }
      expect(yield* failureWith({ ...redis, [name]: "0" })).toMatchObject({ _tag: "InvalidArgument", argument: name })
      expect(String(yield* failureWith({ [name]: "soon" }))).toContain(name)
    }),
  )

  it.effect("name the cache and the bucket alike", () =>
    Effect.gen(function* () {
      const negative = yield* failureWith({ FRAMEDB_CACHE_SIZE_BYTES: "-1" })
      expect(negative).toMatchObject({ argument: "FRAMEDB_CACHE_SIZE_BYTES" })
      const small = yield* failureWith({ FRAMEDB_S3_BUCKET: "b", FRAMEDB_S3_PART_BYTES: "1" })
      expect(small).toMatchObject({ _tag: "InvalidArgument", argument: "FRAMEDB_S3_PART_BYTES" })
    }),
  )
})

describe("secrets among the options", () => {
  it("are taken as Redacted texts", async () => {
    await using _ = new FrameDBClient({ ...urls, http: { bearerToken: Redacted.make("sesame") } })
  })
})
