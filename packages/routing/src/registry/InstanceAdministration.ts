/** Registering and removing instances, which our server does for a URL that is given. */
import type { BackendError, FramedbId, InstanceKind, InvalidArgument, JsonObject } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { collectionPaths, entryPath } from "../contract/paths.ts"
import { expectSuccess } from "../http/entries.ts"
import { makeServiceClient, type ServiceClient } from "../http/ServiceClient.ts"
import type { ServiceOptions } from "../http/ServiceOptions.ts"
import { collectionOf } from "./HttpClusterRegistry.ts"

/** An instance to be registered. */
export interface NewInstance {
  readonly framedbId: FramedbId
  readonly kind: InstanceKind
  /** How everyone reaches it. */
  readonly publicUrl: Redacted.Redacted<string>
  /** How clients in its own cluster reach it. Default: by the public URL. */
  readonly localUrl?: Redacted.Redacted<string>
  readonly clusterId?: string
  readonly nodeId?: string
  readonly metadata?: JsonObject
}

/** What can be done with a registry's instances. */
export interface InstanceAdministration {
  /** Registers an instance or replaces the one of its id. */
  readonly register: (instance: NewInstance) => Effect.Effect<void, BackendError>
  /** Removes an instance and says whether there was one. The id must be one that can stand in a path. */
  readonly remove: (framedbId: FramedbId, kind: InstanceKind) => Effect.Effect<boolean, BackendError>
}

const entryOf = (instance: NewInstance) => ({
  framedb_id: instance.framedbId,
  public_url: Redacted.value(instance.publicUrl),
  local_url: Redacted.value(instance.localUrl ?? instance.publicUrl),
  metadata: instance.metadata ?? {},
  ...(instance.clusterId === undefined ? {} : { cluster_id: instance.clusterId }),
  ...(instance.nodeId === undefined ? {} : { node_id: instance.nodeId }),
})

/** Administration through a client that is open. */
export const fromServiceClient = (client: ServiceClient): InstanceAdministration => ({
  register: Effect.fnUntraced(function* (instance) {
    const operation = "registerInstance"
    const path = collectionPaths[collectionOf(instance.kind)]
    const call = { operation, method: "POST", path, write: true, instance: instance.framedbId } as const
    yield* expectSuccess(client, operation, yield* client.call({ ...call, body: entryOf(instance) }))
  }),
  remove: Effect.fnUntraced(function* (framedbId, kind) {
    const operation = "removeInstance"
    const path = entryPath(collectionOf(kind), framedbId)
    const envelope = yield* client.call({ operation, method: "DELETE", path, write: true, instance: framedbId })
    if (envelope.status === 404) return false
    yield* expectSuccess(client, operation, envelope)
    return true
  }),
})

/** Opens the registry for administration. Fails with `InvalidArgument` for a URL that can't be used. */
export const make = Effect.fnUntraced(function* (
  options: ServiceOptions,
): Effect.fn.Return<InstanceAdministration, InvalidArgument, Scope.Scope> {
  return fromServiceClient(yield* makeServiceClient("registry", "clusterUrl", options))
})
