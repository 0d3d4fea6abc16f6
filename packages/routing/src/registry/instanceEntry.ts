/** From an instance's entry on the wire to the instance as this client reaches it. */
import { emptyMetadata, FramedbId, type Instance, type InstanceKind } from "@framedb/core"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const text = Schema.optionalKey(Schema.NullOr(Schema.String))

const decode = Schema.decodeUnknownOption(
  Schema.Struct({
    framedb_id: FramedbId,
    cluster_id: text,
    public_url: text,
    local_url: text,
    metadata: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  }),
)

const given = (value: string | null | undefined): string | undefined =>
  value == null || value === "" ? undefined : value

/** Whose instance is wanted, and from where. */
export interface InstanceRequest {
  readonly framedbId: FramedbId
  readonly kind: InstanceKind
  /** The cluster that this client runs in. */
  readonly clusterId: string | undefined
}

/**
 * Reads an instance, or says why it can't be used. Its URL is the local one inside its own cluster, else the public one;
 * inside its own cluster an instance that has no local URL is reached by its public one.
 */
export const instanceOfEntry = (request: InstanceRequest, entry: unknown): Instance | string => {
  const decoded = decode(entry)
  if (Option.isNone(decoded)) return "the entry is not that of an instance"
  const { framedb_id, cluster_id, local_url, public_url, metadata } = decoded.value
  if (framedb_id !== request.framedbId) return "the entry is that of another instance"
  const clusterId = given(cluster_id)
  const isLocal = clusterId !== undefined && clusterId === request.clusterId
  const url = (isLocal ? given(local_url) : undefined) ?? given(public_url)
  if (url === undefined) return `the entry has no ${isLocal ? "" : "public "}URL`
  return {
    framedbId: framedb_id,
    kind: request.kind,
    url: Redacted.make(url),
    clusterId,
    metadata: metadata ?? emptyMetadata,
  }
}
