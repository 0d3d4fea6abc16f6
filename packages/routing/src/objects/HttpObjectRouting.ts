/** `ObjectRouting` over HTTP, on our server and on the published one. */
import {
  type BackendError,
  type InvalidArgument,
  type Location,
  maxRoutesPerLookup,
  type ObjectKey,
  type ObjectRoute,
  ObjectRouting,
} from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { orPublished, pagesOrPublished } from "../http/entries.ts"
import { makeServiceClient, type ServiceClient } from "../http/ServiceClient.ts"
import type { ServiceOptions } from "../http/ServiceOptions.ts"
import { routingConfig, variableOf } from "../http/serviceConfig.ts"
import { type ExtendedObjects, extendedObjects } from "./extendedObjects.ts"
import { type PublishedObjects, publishedObjects } from "./publishedObjects.ts"
import { leastQueriedKeys, type NamedRoutes, nothingTold } from "./publishedReads.ts"
import { isRefused, registrations } from "./registrations.ts"

/** How the routing service is reached. */
export interface HttpObjectRoutingOptions extends ServiceOptions {}

/** How many look-ups a batch keeps in flight on a server that only knows single ones. */
const lookupsAtOnce = 16

/** How many copies are being added at once to objects on a server that only adds single ones. */
const additionsAtOnce = 16

type FoundRoutes = Effect.Effect<ReadonlyArray<Option.Option<ObjectRoute>>, BackendError>

/** Looks up many keys, by one call where the server can. */
const lookups = (client: ServiceClient, published: PublishedObjects, extended: ExtendedObjects) => {
  /** What single look-ups then need not ask. */
  const queryNamed = (keys: ReadonlyArray<ObjectKey>): Effect.Effect<NamedRoutes, BackendError> =>
    keys.length < leastQueriedKeys
      ? Effect.succeed(nothingTold)
      : Effect.catchIf(
          published.findNamed(keys),
          (error) => !error.isRetryable,
          () => Effect.succeed(nothingTold),
        )

  /** What the query does not tell, or where it is refused, single look-ups do. */
  const findEach = Effect.fnUntraced(function* (keys: ReadonlyArray<ObjectKey>) {
    const { named, isComplete } = yield* queryNamed(keys)
    const findOne = (key: ObjectKey) => {
      const route = named.get(key)
      return route === undefined && !isComplete ? published.find(key) : Effect.succeed(Option.fromUndefinedOr(route))
    }
    return yield* Effect.forEach(keys, findOne, { concurrency: lookupsAtOnce })
  })

  /** The first answer tells the kind of server, so a batch on an unknown one begins with one key. */
  const findFirst = Effect.fnUntraced(function* (keys: ReadonlyArray<ObjectKey>) {
    const [first, ...rest] = keys
    if (first === undefined) return []
    const found = yield* published.find(first)
    return rest.length === 0 ? [found] : [found, ...(yield* findMany(rest))]
  })

  const findMany = (keys: ReadonlyArray<ObjectKey>): FoundRoutes => {
    if (keys.length === 0) return Effect.succeed([])
    if (keys.length > maxRoutesPerLookup) {
      const rest = keys.slice(maxRoutesPerLookup)
      return Effect.zipWith(
        findMany(keys.slice(0, maxRoutesPerLookup)),
        Effect.suspend(() => findMany(rest)),
        (a, b) => [...a, ...b],
      )
    }
    return Effect.suspend(() =>
      client.extensions() === undefined
        ? findFirst(keys)
        : orPublished(client, extended.findMany(keys), findEach(keys)),
    )
  }

  return findMany
}

/** Adds a copy to many objects: by one call where the server can, else by one each. */
const additions = (client: ServiceClient, published: PublishedObjects, extended: ExtendedObjects) => {
  const addCopy = (key: ObjectKey, copy: Location) =>
    orPublished(client, extended.addCopy(key, copy), published.addCopy(key, copy), key)

  const addEach = (keys: ReadonlyArray<ObjectKey>, copy: Location) =>
    Effect.forEach(keys, (key) => addCopy(key, copy), { concurrency: additionsAtOnce })

  /** An older server of ours refuses the call, and nothing has happened then. */
  const addTogether = (keys: ReadonlyArray<ObjectKey>, copy: Location) =>
    Effect.catch(extended.addCopies(keys, copy), (error) =>
      isRefused(error) ? addEach(keys, copy) : Effect.fail(error),
    )

  const addCopies = (
    keys: ReadonlyArray<ObjectKey>,
    copy: Location,
  ): Effect.Effect<ReadonlyArray<boolean>, BackendError> =>
    Effect.suspend(() => {
      const [first, ...rest] = keys
      if (first === undefined) return Effect.succeed([])
      if (keys.length === 1 || client.extensions() === false) return addEach(keys, copy)
      if (client.extensions() === true) return addTogether(keys, copy)
      // The first answer tells the kind of server.
      return Effect.flatMap(addCopy(first, copy), (found) =>
        Effect.map(client.extensions() === true ? addTogether(rest, copy) : addEach(rest, copy), (others) => [
          found,
          ...others,
        ]),
      )
    })

  return { addCopy, addCopies }
}

/** Routing through a client that is open. */
export const fromServiceClient = (client: ServiceClient): ObjectRouting["Service"] => {
  const published = publishedObjects(client)
  const extended = extendedObjects(client)

  return ObjectRouting.of({
    findMany: lookups(client, published, extended),
    registerMany: registrations(client, published, extended),
    remove: (key) => orPublished(client, extended.remove(key), published.remove(key), key),
    ...additions(client, published, extended),
    removeCopy: (key, id) => orPublished(client, extended.removeCopy(key, id), published.removeCopy(key, id), key),
    list: (query) => pagesOrPublished(client, extended.list(query), published.list(query)),
  })
}

/** Opens the routing service. Fails with `InvalidArgument` for a URL that can't be used; connects when first called. */
export const make = Effect.fnUntraced(function* (
  options: HttpObjectRoutingOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<ObjectRouting["Service"], InvalidArgument, Scope.Scope> {
  return fromServiceClient(yield* makeServiceClient("routing", "routingUrl", options, nameOf))
})

/** `ObjectRouting` over HTTP. */
export const layer = (options: HttpObjectRoutingOptions): Layer.Layer<ObjectRouting, InvalidArgument> =>
  Layer.effect(ObjectRouting, make(options))

/** `ObjectRouting` as the environment says: see `routingConfig`. */
export const layerConfig: Layer.Layer<ObjectRouting, InvalidArgument | Config.ConfigError> = Layer.effect(
  ObjectRouting,
  Effect.flatMap(routingConfig, (options) => make(options, variableOf("routing"))),
)
