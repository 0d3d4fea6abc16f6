/** Registering and removing instances, which our server does for a URL that is given. */
import type { BackendError, FramedbId, InstanceKind, InvalidArgument, JsonObject } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { collectionPaths, entryPath } from "../contract/paths.ts"
import { expectSuccess, listOf } from "../http/entries.ts"
import { makeServiceClient, type ServiceClient } from "../http/ServiceClient.ts"
import type { ServiceOptions } from "../http/ServiceOptions.ts"
import { addressIn } from "./addressIn.ts"
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

/** An instance that is registered. */
export interface ListedInstance {
  readonly framedbId: string
  readonly kind: InstanceKind
  /** Host and port of its public URL, which may hold credentials; `undefined` where they can't be told from a password. */
  readonly address: string | undefined
  readonly clusterId: string | undefined
}

/** What can be done with a registry's instances. */
export interface InstanceAdministration {
  /** Registers an instance or replaces the one of its id. */
  readonly register: (instance: NewInstance) => Effect.Effect<void, BackendError>
  /** Lists the instances of a kind, in the order of their ids. What names no instance is left out. */
  readonly list: (kind: InstanceKind) => Effect.Effect<ReadonlyArray<ListedInstance>, BackendError>
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

const text = Schema.optionalKey(Schema.NullOr(Schema.String))

const decodeEntry = Schema.decodeUnknownOption(
  Schema.Struct({ framedb_id: Schema.String, cluster_id: text, public_url: text }),
)

const listedOf = (kind: InstanceKind, entry: unknown): ReadonlyArray<ListedInstance> =>
  Option.match(decodeEntry(entry), {
    onNone: () => [],
    onSome: ({ framedb_id: framedbId, public_url, cluster_id }) => [
      { framedbId, kind, address: addressIn(public_url ?? ""), clusterId: cluster_id ?? undefined },
    ],
  })

/** Administration through a client that is open. */
export const fromServiceClient = (client: ServiceClient): InstanceAdministration => ({
  register: Effect.fnUntraced(function* (instance) {
    const operation = "registerInstance"
    const path = collectionPaths[collectionOf(instance.kind)]
    const call = { operation, method: "POST", path, write: true, instance: instance.framedbId } as const
    yield* expectSuccess(client, operation, yield* client.call({ ...call, body: entryOf(instance) }))
  }),
  list: Effect.fnUntraced(function* (kind) {
    const operation = "listInstances"
    const path = `${collectionPaths[collectionOf(kind)]}/query`
    const envelope = yield* client.call({ operation, method: "POST", path, body: {}, write: false })
    const entries = yield* listOf(client, operation, envelope)
    const listed = entries.flatMap((entry) => listedOf(kind, entry))
    return listed.toSorted((one, other) => (one.framedbId < other.framedbId ? -1 : 1))
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
