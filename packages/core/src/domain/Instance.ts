import type * as Redacted from "effect/Redacted"
import type { FramedbId } from "./FramedbId.ts"
import type { InstanceKind } from "./FramedbType.ts"
import type { JsonObject } from "./Metadata.ts"

/**
 * A database instance as the registry describes it to this client: `url` is already the one to use from here (the
 * local one inside the instance's own cluster, else the public one). It stays redacted up to the driver.
 */
export interface Instance {
  readonly framedbId: FramedbId
  readonly kind: InstanceKind
  readonly url: Redacted.Redacted<string>
  /** The cluster that the instance belongs to, where the registry says. */
  readonly clusterId: string | undefined
  /** The registry's own notes; a Redis instance says here that it is a `cluster` or stands behind a `sentinel`. */
  readonly metadata: JsonObject
  /**
   * Whether the registry only supposes that there is such an instance, as one in memory does of every id in both kinds. Not, by
   * default.
   */
  readonly isSupposed?: boolean
}
