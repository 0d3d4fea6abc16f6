/** What the environment says of the two services. */
import { OptionRules } from "@framedb/core"
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type { ServiceOptions } from "./ServiceOptions.ts"

const some = <A, K extends string>(name: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  // The computed key makes TypeScript forget which one it is; it is `K`.
  Option.isSome(value) ? ({ [name]: value.value } as { readonly [P in K]: A }) : {}

const serviceConfig = (urlNames: readonly [string, string], tokenName: string): Config.Config<ServiceOptions> =>
  Config.all({
    // Asked for once more at the end, so that the error names the variable that is ours.
    url: Config.Redacted(urlNames[0]).pipe(
      Config.orElse(() => Config.Redacted(urlNames[1])),
      Config.orElse(() => Config.Redacted(urlNames[0])),
    ),
    bearerToken: Config.option(Config.Redacted(tokenName)),
    deadlineMillis: Config.option(Config.Int("FRAMEDB_HTTP_DEADLINE_MILLIS")),
    connectTimeoutMillis: Config.option(Config.Int("FRAMEDB_HTTP_CONNECT_TIMEOUT_MILLIS")),
    connections: Config.option(Config.Int("FRAMEDB_HTTP_CONNECTIONS")),
    maxResponseBytes: Config.option(Config.Int("FRAMEDB_HTTP_MAX_RESPONSE_BYTES")),
  }).pipe(
    Config.map((found) => ({
      url: found.url,
      ...some("bearerToken", found.bearerToken),
      ...some("deadlineMillis", found.deadlineMillis),
      ...some("connectTimeoutMillis", found.connectTimeoutMillis),
      ...some("connections", found.connections),
      ...some("maxResponseBytes", found.maxResponseBytes),
    })),
  )

const tokenNames = { routing: "FRAMEDB_ROUTING_TOKEN", registry: "FRAMEDB_CLUSTER_TOKEN" } as const

/** Names a service's options as its variables. */
export const variableOf =
  (service: keyof typeof tokenNames) =>
  (option: string): string =>
    option === "bearerToken" ? tokenNames[service] : OptionRules.variableOf("FRAMEDB_HTTP_")(option)

/**
 * The routing service: `FRAMEDB_ROUTING_URL` (or `MEMORYGRID_ROUTING_SERVICE_URL`), `FRAMEDB_ROUTING_TOKEN`, and the
 * `FRAMEDB_HTTP_…` variables `DEADLINE_MILLIS`, `CONNECT_TIMEOUT_MILLIS`, `CONNECTIONS`, `MAX_RESPONSE_BYTES`.
 */
export const routingConfig: Config.Config<ServiceOptions> = serviceConfig(
  ["FRAMEDB_ROUTING_URL", "MEMORYGRID_ROUTING_SERVICE_URL"],
  tokenNames.routing,
)

/** The registry: `FRAMEDB_CLUSTER_URL` (or `MEMORYGRID_GLOBAL_CONFIG`), `FRAMEDB_CLUSTER_TOKEN`, and the rest alike. */
export const registryConfig: Config.Config<ServiceOptions> = serviceConfig(
  ["FRAMEDB_CLUSTER_URL", "MEMORYGRID_GLOBAL_CONFIG"],
  tokenNames.registry,
)
