/** `ClusterRegistry` over HTTP, on our server and on the published one. */
import { ClusterRegistry, type FramedbId, type Instance, type InstanceKind, type InvalidArgument } from "@framedb/core"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type Collection, collectionPaths, entryPath, isPathSafe } from "../contract/paths.ts"
import { expectSuccess, listOf } from "../http/entries.ts"
import { makeServiceClient, type ServiceClient } from "../http/ServiceClient.ts"
import type { ServiceOptions } from "../http/ServiceOptions.ts"
import { registryConfig, variableOf } from "../http/serviceConfig.ts"
import { instanceOfEntry } from "./instanceEntry.ts"

/** How the registry is reached, and from where. */
export interface HttpClusterRegistryOptions extends ServiceOptions {
  /** The cluster that this client runs in: its instances are reached by their local URLs. Default: none. */
  readonly clusterId?: string
}

/** The collection that holds the instances of a kind. */
export const collectionOf = (kind: InstanceKind): Extract<Collection, "instances" | "persistentInstances"> =>
  kind === "redis" ? "instances" : "persistentInstances"

const operation = "findInstance"

/** A registry through a client that is open. */
export const fromServiceClient = (client: ServiceClient, clusterId: string | undefined): ClusterRegistry["Service"] => {
  const toInstance = (framedbId: FramedbId, kind: InstanceKind, entry: unknown) => {
    const instance = instanceOfEntry({ framedbId, kind, clusterId }, entry)
    return typeof instance === "string"
      ? Effect.fail(client.failure({ operation, instance: framedbId }, "Protocol", instance))
      : Effect.succeedSome(instance)
  }

  /** An id that can't stand in a path is found by the query. */
  const findByQuery = Effect.fnUntraced(function* (framedbId: FramedbId, kind: InstanceKind) {
    const path = `${collectionPaths[collectionOf(kind)]}/query`
    const body = { framedb_id: framedbId }
    const call = { operation, method: "POST", path, body, write: false, instance: framedbId } as const
    const entries = yield* listOf(client, operation, yield* client.call(call))
    return entries.length === 0 ? Option.none<Instance>() : yield* toInstance(framedbId, kind, entries[0])
  })

  const findInstance = Effect.fnUntraced(function* (framedbId: FramedbId, kind: InstanceKind) {
    if (!isPathSafe(framedbId)) return yield* findByQuery(framedbId, kind)
    const path = entryPath(collectionOf(kind), framedbId)
    const envelope = yield* client.call({ operation, method: "GET", path, write: false, instance: framedbId })
    if (envelope.status === 404) return Option.none<Instance>()
    yield* expectSuccess(client, operation, envelope)
    return yield* toInstance(framedbId, kind, envelope.body["data"])
  })

  return ClusterRegistry.of({ findInstance })
}

/** Opens the registry. Fails with `InvalidArgument` for an option that can't be used; connects when first called. */
export const make = Effect.fnUntraced(function* (
  options: HttpClusterRegistryOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<ClusterRegistry["Service"], InvalidArgument, Scope.Scope> {
  return fromServiceClient(yield* makeServiceClient("registry", "clusterUrl", options, nameOf), options.clusterId)
})

/** `ClusterRegistry` over HTTP. */
export const layer = (options: HttpClusterRegistryOptions): Layer.Layer<ClusterRegistry, InvalidArgument> =>
  Layer.effect(ClusterRegistry, make(options))

const config: Config.Config<HttpClusterRegistryOptions> = Config.all({
  service: registryConfig,
  clusterId: Config.option(Config.String("CLUSTER_ID")),
}).pipe(
  Config.map(({ service, clusterId }) =>
    Option.isSome(clusterId) ? { ...service, clusterId: clusterId.value } : service,
  ),
)

/** `ClusterRegistry` as the environment says: see `registryConfig`, and `CLUSTER_ID`. */
export const layerConfig: Layer.Layer<ClusterRegistry, InvalidArgument | Config.ConfigError> = Layer.effect(
  ClusterRegistry,
  Effect.flatMap(config, (options) => make(options, variableOf("registry"))),
)
