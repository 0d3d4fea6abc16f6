/** `ObjectRouting` and `StreamRouting` over one pool of connections to the routing service. */
import { type InvalidArgument, ObjectRouting, StreamRouting } from "@framedb/core"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { makeServiceClient } from "./http/ServiceClient.ts"
import type { ServiceOptions } from "./http/ServiceOptions.ts"
import { routingConfig, variableOf } from "./http/serviceConfig.ts"
import * as HttpObjectRouting from "./objects/HttpObjectRouting.ts"
import * as HttpStreamRouting from "./streams/HttpStreamRouting.ts"

/** How the routing service is reached. */
export interface HttpRoutingOptions extends ServiceOptions {}

/** Opens the routing service. Fails with `InvalidArgument` for an option that can't be used; connects when first called. */
export const make = Effect.fnUntraced(function* (
  options: HttpRoutingOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<Context.Context<ObjectRouting | StreamRouting>, InvalidArgument, Scope.Scope> {
  const client = yield* makeServiceClient("routing", "routingUrl", options, nameOf)
  return Context.make(ObjectRouting, HttpObjectRouting.fromServiceClient(client)).pipe(
    Context.add(StreamRouting, HttpStreamRouting.fromServiceClient(client)),
  )
})

/** Both halves of the routing service over HTTP. */
export const layer = (options: HttpRoutingOptions): Layer.Layer<ObjectRouting | StreamRouting, InvalidArgument> =>
  Layer.effectContext(make(options))

/** Both halves of the routing service as the environment says: see `routingConfig`. */
export const layerConfig: Layer.Layer<ObjectRouting | StreamRouting, InvalidArgument | Config.ConfigError> =
  Layer.effectContext(Effect.flatMap(routingConfig, (options) => make(options, variableOf("routing"))))
