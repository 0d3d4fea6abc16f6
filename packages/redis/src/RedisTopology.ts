/**
 * What an instance's metadata says of how its Redis is laid out.
 *
 * | metadata | meaning |
 * | --- | --- |
 * | `{ "cluster": true, "nodes"?: ["host:port", …] }` | a Redis Cluster, found through the URL's node and those listed |
 * | `{ "sentinel": { "name": "…", "sentinels"?: ["host:port", …] } }` | the master of that name, as the sentinels say; without a list, the URL is a sentinel's |
 * | anything else | a single server |
 *
 * Credentials and TLS are always those of the URL. Other fields are left to whoever wrote them.
 */
import { InvalidArgument, type JsonObject } from "@framedb/core"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { parseRedisUrl, type RedisAddress } from "./RedisUrl.ts"

/** A place to connect to. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

/** How an instance's Redis is laid out. */
export type RedisTopology =
  | { readonly kind: "single" }
  | { readonly kind: "cluster"; readonly nodes: ReadonlyArray<RedisNode> }
  | { readonly kind: "sentinel"; readonly name: string; readonly sentinels: ReadonlyArray<RedisNode> }

/** The metadata of an instance that is a Redis Cluster. */
export const ClusterMetadata = Schema.Struct({
  cluster: Schema.Literal(true),
  nodes: Schema.optionalKey(Schema.Array(Schema.String)),
})

/** The metadata of an instance that stands behind sentinels. */
export const SentinelMetadata = Schema.Struct({
  sentinel: Schema.Struct({
    name: Schema.NonEmptyString,
    sentinels: Schema.optionalKey(Schema.Array(Schema.String)),
  }),
})

const decodeCluster = Schema.decodeUnknownOption(ClusterMetadata)
const decodeSentinel = Schema.decodeUnknownOption(SentinelMetadata)

const unusable = (problem: string): Result.Result<never, InvalidArgument> =>
  Result.fail(new InvalidArgument({ argument: "metadata", message: `the instance's metadata ${problem}` }))

const parseNodes = (texts: ReadonlyArray<string>): ReadonlyArray<RedisNode> | undefined => {
  const nodes: Array<RedisNode> = []
  for (const text of texts) {
    const address = parseRedisUrl(Redacted.make(text))
    if (Result.isFailure(address)) return undefined
    nodes.push({ host: address.success.host, port: address.success.port })
  }
  return nodes
}

const clusterOf = (metadata: JsonObject, address: RedisAddress): Result.Result<RedisTopology, InvalidArgument> => {
  const described = decodeCluster(metadata)
  const nodes = Option.isNone(described) ? undefined : parseNodes(described.value.nodes ?? [])
  if (nodes === undefined) return unusable('says cluster: true; its nodes are a list of "host:port"')
  if (address.database !== 0)
    return unusable("says cluster: true, where there is only database 0; the URL names another")
  return Result.succeed({ kind: "cluster", nodes: [{ host: address.host, port: address.port }, ...nodes] })
}

const sentinelOf = (metadata: JsonObject, address: RedisAddress): Result.Result<RedisTopology, InvalidArgument> => {
  const described = decodeSentinel(metadata)
  if (Option.isNone(described)) return unusable('names a sentinel; it is { name, sentinels?: ["host:port", …] }')
  const { name, sentinels = [`${bracketed(address.host)}:${address.port}`] } = described.value.sentinel
  const nodes = parseNodes(sentinels)
  return nodes === undefined || nodes.length === 0
    ? unusable('names sentinels that are not a list of "host:port"')
    : Result.succeed({ kind: "sentinel", name, sentinels: nodes })
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host)

/** Reads an instance's metadata. Fails with `InvalidArgument` where it says cluster or sentinel and can't be used. */
export const topologyOf = (
  metadata: JsonObject,
  address: RedisAddress,
): Result.Result<RedisTopology, InvalidArgument> => {
  if (metadata["cluster"] === true) return clusterOf(metadata, address)
  const sentinel = metadata["sentinel"]
  // A text or a flag under this name is someone else's note; only an object describes sentinels.
  if (typeof sentinel === "object" && sentinel !== null) return sentinelOf(metadata, address)
  return Result.succeed({ kind: "single" })
}
