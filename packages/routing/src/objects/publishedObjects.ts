/** Changing objects' routes by the published calls, which every server has. */
import type { BackendError, FramedbId, Location, ObjectKey, ObjectRoute, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { collectionPaths, entryPath, isPathSafe } from "../contract/paths.ts"
import { confirmUpdate, isAmbiguous } from "../http/confirmUpdate.ts"
import type { Envelope } from "../http/Envelope.ts"
import { afterWriting, expectSuccess } from "../http/entries.ts"
import type { Call, ServiceClient } from "../http/ServiceClient.ts"
import { entryOfCopy, entryOfRoute, fieldsOfRoute, isSameRoute } from "./objectEntry.ts"
import { type NamedRoutes, publishedReads } from "./publishedReads.ts"

type Routes = ObjectRouting["Service"]

/** The published calls: nearly all of one key, since they know no batch. */
export interface PublishedObjects extends Omit<Routes, "findMany" | "registerMany" | "addCopies"> {
  readonly find: (key: ObjectKey) => Effect.Effect<Option.Option<ObjectRoute>, BackendError>
  /** Finds in one call what a query can tell of many keys. */
  readonly findNamed: (keys: ReadonlyArray<ObjectKey>) => Effect.Effect<NamedRoutes, BackendError>
  /** Creates a route; `false` where there is one. */
  readonly create: (route: ObjectRoute) => Effect.Effect<boolean, BackendError>
  /** Makes an existing route exactly this one. */
  readonly update: (route: ObjectRoute) => Effect.Effect<void, BackendError>
  /** Makes a route exactly this one, whether or not there is one; `false` where the answer leaves it open and has to be confirmed. */
  readonly upsert: (route: ObjectRoute) => Effect.Effect<boolean, BackendError>
}

/** The refusal of a change that the published service has no call for. */
const unreachableKey = (client: ServiceClient, operation: string, key: ObjectKey) => {
  const error = `this routing service can read and create, but not change, an entry with the key ${JSON.stringify(key)}`
  return client.refusal({ operation }, { status: 400, success: false, body: { error } })
}

/** Sends an action on one entry. */
const act = (
  client: ServiceClient,
  operation: string,
  key: ObjectKey,
  action: { readonly name: string; readonly body: unknown },
): Effect.Effect<Envelope, BackendError> => {
  if (!isPathSafe(key)) return Effect.fail(unreachableKey(client, operation, key))
  const path = `${entryPath("objects", key)}/${action.name}`
  return client.call({ operation, method: "POST", path, body: action.body, write: true })
}

const registrations = (client: ServiceClient, find: PublishedObjects["find"]) => {
  const create = Effect.fnUntraced(function* (route: ObjectRoute) {
    const call: Call = {
      operation: "register",
      method: "POST",
      path: collectionPaths.objects,
      body: entryOfRoute(route),
      write: true,
    }
    const envelope = yield* client.call(call)
    if (!envelope.success) {
      if (/E11000|duplicate/i.test(String(envelope.body["error"]))) return false
      return yield* client.refusal(call, envelope)
    }
    const id = envelope.body["id"]
    if (id === undefined || id === route.key) return true
    // An entry under an id of the service's own choosing is of no use to anyone: it is taken back.
    if (typeof id === "string" && isPathSafe(id)) {
      yield* Effect.ignore(client.call({ ...call, method: "DELETE", path: entryPath("objects", id), body: undefined }))
    }
    return yield* afterWriting(
      Effect.fail(client.failure(call, "Protocol", "the service created the entry under another id than the key")),
    )
  })

  const sendUpdate = (route: ObjectRoute) =>
    act(client, "register", route.key, { name: "update", body: fieldsOfRoute(route) })

  const upsert = (route: ObjectRoute) =>
    Effect.flatMap(sendUpdate(route), (envelope) =>
      envelope.success || isAmbiguous(envelope)
        ? Effect.succeed(envelope.success)
        : Effect.fail(client.refusal({ operation: "register" }, envelope)),
    )

  const update = (route: ObjectRoute) =>
    confirmUpdate(client, {
      send: sendUpdate(route),
      isDone: Effect.map(find(route.key), (found) => Option.isSome(found) && isSameRoute(found.value, route)),
    })

  return { create, update, upsert }
}

const copies = (
  client: ServiceClient,
  find: (key: ObjectKey, operation: string) => ReturnType<PublishedObjects["find"]>,
) => {
  const addCopy = Effect.fnUntraced(function* (key: ObjectKey, copy: Location) {
    const operation = "addCopy"
    const envelope = yield* act(client, operation, key, { name: "add-copy", body: entryOfCopy(copy) })
    if (envelope.success) return true
    const found = yield* find(key, operation)
    if (Option.isNone(found)) return false
    if (found.value.copies.some((other) => other.framedbId === copy.framedbId)) return true
    return yield* client.refusal({ operation }, envelope)
  })

  const removeCopy = Effect.fnUntraced(function* (key: ObjectKey, framedbId: FramedbId) {
    const operation = "removeCopy"
    const envelope = yield* act(client, operation, key, { name: "remove-copy", body: { framedb_id: framedbId } })
    if (envelope.success) return true
    if (envelope.status === 404) return false
    const found = yield* find(key, operation)
    if (Option.isSome(found) && found.value.copies.some((copy) => copy.framedbId === framedbId)) {
      return yield* client.refusal({ operation }, envelope)
    }
    return false
  })

  return { addCopy, removeCopy }
}

/** Routes by the published calls. */
export const publishedObjects = (client: ServiceClient): PublishedObjects => {
  const { find, findNamed, list } = publishedReads(client)

  const remove = Effect.fnUntraced(function* (key: ObjectKey) {
    const operation = "remove"
    if (!isPathSafe(key)) {
      if (Option.isNone(yield* find(key, operation))) return Option.none()
      return yield* unreachableKey(client, operation, key)
    }
    const envelope = yield* client.call({ operation, method: "DELETE", path: entryPath("objects", key), write: true })
    if (envelope.status === 404) return Option.none()
    yield* expectSuccess(client, operation, envelope)
    return Option.some("untold" as const)
  })

  return {
    find: (key) => find(key, "findMany"),
    findNamed: (keys) => findNamed(keys, "findMany"),
    remove,
    list,
    ...registrations(client, (key) => find(key, "register")),
    ...copies(client, find),
  }
}
