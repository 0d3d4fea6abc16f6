import { FrameDBApi, WireInstance } from "@framedb/routing"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { makeEntries } from "../entries/Entries.ts"
import { type EntryKind, instanceKind, persistentInstanceKind } from "../entries/kinds.ts"
import { RouteStore } from "../store/RouteStore.ts"
import { acknowledged, answer, created, data } from "./answers.ts"
import { bodyReader, readJsonObject } from "./readBody.ts"

const readInstance = bodyReader(WireInstance)

/** What both kinds of instance answer. Their URLs hold credentials: nothing here logs an entry. */
const makeInstances = (store: RouteStore["Service"], kind: EntryKind) => {
  const entries = makeEntries(store, kind)
  return {
    read: (id: string) => answer(Effect.map(entries.read(id), data)),
    ofCluster: (clusterId: string) => answer(Effect.map(entries.query({ cluster_id: clusterId }), data)),
    ofNode: (clusterId: string, nodeId: string) =>
      answer(Effect.map(entries.query({ cluster_id: clusterId, node_id: nodeId }), data)),
    query: (request: HttpServerRequest) =>
      answer(Effect.map(Effect.flatMap(readJsonObject(request), entries.query), data)),
    register: (request: HttpServerRequest) =>
      answer(
        Effect.flatMap(readInstance(request), (instance) =>
          Effect.map(entries.upsert(instance), (previous) =>
            Option.isNone(previous)
              ? created("Instance registered", instance.framedb_id)
              : acknowledged("Instance replaced", instance.framedb_id),
          ),
        ),
      ),
    remove: (id: string) =>
      answer(
        Effect.flatMap(entries.remove(id), (removed) =>
          Option.isSome(removed)
            ? Effect.succeed(acknowledged("Instance removed", id))
            : Effect.fail(entries.missing(id)),
        ),
      ),
  }
}

const handlersOf = (name: "instances" | "persistentInstances", kind: EntryKind) =>
  HttpApiBuilder.group(
    FrameDBApi,
    name,
    Effect.fnUntraced(function* (handlers) {
      const instances = makeInstances(yield* RouteStore, kind)
      return handlers
        .handleRaw("read", ({ params }) => instances.read(params.id))
        .handleRaw("ofCluster", ({ params }) => instances.ofCluster(params.clusterId))
        .handleRaw("ofNode", ({ params }) => instances.ofNode(params.clusterId, params.nodeId))
        .handleRaw("query", ({ request }) => instances.query(request))
        .handleRaw("register", ({ request }) => instances.register(request))
        .handleRaw("remove", ({ params }) => instances.remove(params.id))
    }),
  )

/** The registry's calls on Redis instances. */
export const instanceHandlers = handlersOf("instances", instanceKind)

/** The registry's calls on SQL instances. */
export const persistentInstanceHandlers = handlersOf("persistentInstances", persistentInstanceKind)
