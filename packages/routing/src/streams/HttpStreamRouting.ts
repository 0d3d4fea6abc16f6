/** `StreamRouting` over HTTP, on our server and on the published one. */
import { type InvalidArgument, type StreamRoute, StreamRouting } from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { orPublished, pagesOrPublished } from "../http/entries.ts"
import { makeServiceClient, type ServiceClient } from "../http/ServiceClient.ts"
import type { ServiceOptions } from "../http/ServiceOptions.ts"
import { routingConfig, variableOf } from "../http/serviceConfig.ts"
import { extendedStreams } from "./extendedStreams.ts"
import { publishedStreams } from "./publishedStreams.ts"
import { isSameStream } from "./streamEntry.ts"

/** How the routing service is reached. */
export interface HttpStreamRoutingOptions extends ServiceOptions {}

/** Routing through a client that is open. */
export const fromServiceClient = (client: ServiceClient): StreamRouting["Service"] => {
  const published = publishedStreams(client)
  const extended = extendedStreams(client)

  const registerPublished = Effect.fnUntraced(function* (route: StreamRoute) {
    const previous = yield* published.find(route.queue)
    if (client.extensions() === true) return yield* extended.register(route)
    if (Option.isSome(previous) && isSameStream(previous.value, route)) return previous
    yield* published.update(route)
    return previous
  })

  return StreamRouting.of({
    find: (queue) => orPublished(client, extended.find(queue), published.find(queue)),
    register: (route) => orPublished(client, extended.register(route), registerPublished(route)),
    remove: (queue) => orPublished(client, extended.remove(queue), published.remove(queue), queue),
    list: pagesOrPublished(client, extended.list, published.list),
  })
}

/** Opens the routing service. Fails with `InvalidArgument` for a URL that can't be used; connects when first called. */
export const make = Effect.fnUntraced(function* (
  options: HttpStreamRoutingOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<StreamRouting["Service"], InvalidArgument, Scope.Scope> {
  return fromServiceClient(yield* makeServiceClient("routing", "routingUrl", options, nameOf))
})

/** `StreamRouting` over HTTP. */
export const layer = (options: HttpStreamRoutingOptions): Layer.Layer<StreamRouting, InvalidArgument> =>
  Layer.effect(StreamRouting, make(options))

/** `StreamRouting` as the environment says: see `routingConfig`. */
export const layerConfig: Layer.Layer<StreamRouting, InvalidArgument | Config.ConfigError> = Layer.effect(
  StreamRouting,
  Effect.flatMap(routingConfig, (options) => make(options, variableOf("routing"))),
)
