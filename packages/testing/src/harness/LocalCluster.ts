/** A whole FrameDB cluster on this machine: routing service, registry, Redis and a SQL server, with instances registered. */
import { FramedbId, type InstanceKind } from "@framedb/core"
import { InstanceAdministration } from "@framedb/routing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { startPublishedServices } from "../published/index.ts"
import * as RedisServer from "./RedisServer.ts"
import * as RoutingServer from "./RoutingServer.ts"
import * as SqlServer from "./SqlServer.ts"

/** How a local cluster is set up. */
export interface LocalClusterOptions {
  /** A Redis server to be used, without a database number. Default: a private one is started. */
  readonly redisUrl?: string
  /** A SQL server to be used. Default: a private one is started. */
  readonly sqlUrl?: string
  /** Whether an imitation of the published Python services stands in for our server. Default: false. */
  readonly published?: boolean
}

/** A running local cluster. */
export interface LocalClusterHandle {
  readonly clusterUrl: string
  readonly routingUrl: string
  /** Instances that exist. The three in Redis are databases of one server. */
  readonly instances: {
    readonly memory: string
    readonly otherMemory: string
    readonly queue: string
    readonly storage: string
  }
}

/** The local cluster of a layer. */
export class LocalCluster extends Context.Service<LocalCluster, LocalClusterHandle>()(
  "@framedb/testing/LocalCluster",
) {}

const instances = { memory: "redis-1", otherMemory: "redis-2", queue: "redis-3", storage: "sql-1" } as const

/** The instances with their kinds and URLs. */
const addresses = (redisUrl: string, sqlUrl: string) => {
  const database = (number: number) => `${redisUrl.replace(/\/$/, "")}/${number}`
  return [
    { framedbId: instances.memory, kind: "redis", url: database(0) },
    { framedbId: instances.otherMemory, kind: "redis", url: database(1) },
    { framedbId: instances.queue, kind: "redis", url: database(2) },
    { framedbId: instances.storage, kind: "sql", url: sqlUrl },
  ] as const satisfies ReadonlyArray<{ framedbId: string; kind: InstanceKind; url: string }>
}

type Addresses = ReturnType<typeof addresses>

const startOwn = Effect.fnUntraced(function* (known: Addresses) {
  const { url } = yield* RoutingServer.make()
  const administration = yield* InstanceAdministration.make({ url })
  yield* Effect.forEach(known, ({ framedbId, kind, url: publicUrl }) =>
    administration.register({ framedbId: FramedbId.make(framedbId), kind, publicUrl: Redacted.make(publicUrl) }),
  )
  return url
})

const startPublished = Effect.fnUntraced(function* (known: Addresses) {
  const of = (wanted: InstanceKind) =>
    known
      .filter(({ kind }) => kind === wanted)
      .map(({ framedbId, url }) => ({ framedb_id: framedbId, public_url: url, local_url: url, metadata: {} }))
  const services = yield* Effect.acquireRelease(
    Effect.promise(() => startPublishedServices({ instances: of("redis"), persistentInstances: of("sql") })),
    (started) => Effect.promise(() => started.stop()),
  )
  return services.url
})

/** Starts a local cluster; everything it started ends with the scope. */
export const make = Effect.fnUntraced(function* (options: LocalClusterOptions = {}) {
  const startRedis = options.redisUrl ?? RedisServer.make().pipe(Effect.map(({ url }) => url))
  const startSql = options.sqlUrl ?? SqlServer.make().pipe(Effect.map(({ url }) => url))
  const urlOf = <E, R>(given: string | Effect.Effect<string, E, R>) =>
    typeof given === "string" ? Effect.succeed(given) : given
  const [redisUrl, sqlUrl] = yield* Effect.all([urlOf(startRedis), urlOf(startSql)], { concurrency: "unbounded" })
  const known = addresses(redisUrl, sqlUrl)
  const url = yield* options.published === true ? startPublished(known) : startOwn(known)
  return LocalCluster.of({ clusterUrl: url, routingUrl: url, instances })
})

/** A local cluster for as long as the layer lives. */
export const layer = (options: LocalClusterOptions = {}) => Layer.effect(LocalCluster, make(options))
