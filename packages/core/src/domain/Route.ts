import type { FramedbId } from "./FramedbId.ts"
import type { Location } from "./Location.ts"
import type { JsonObject } from "./Metadata.ts"
import type { ObjectKey } from "./ObjectKey.ts"
import type { QueueName } from "./QueueName.ts"

/** What the routing service knows of an object. `metadata` still holds the reserved key. */
export interface ObjectRoute extends Location {
  readonly key: ObjectKey
  readonly copies: ReadonlyArray<Location>
  readonly sizeBytes: number
  readonly metadata: JsonObject
}

/** What the routing service knows of a queue. */
export interface StreamRoute {
  readonly queue: QueueName
  readonly framedbId: FramedbId
  readonly metadata: JsonObject
}
