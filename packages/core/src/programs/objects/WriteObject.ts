/** What a caller passes to `writeObject`, and its validation, before a byte is asked for. */
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { ObjectType } from "../../domain/FramedbType.ts"
import type { ContentDescription } from "../../domain/FrameObject.ts"
import type { Metadata } from "../../domain/Metadata.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ownMetadata } from "../routes/routeMetadata.ts"
import type { Placement } from "./placing.ts"
import { problemOfKeyArgument, problemOfTarget } from "./SetObject.ts"

/** Where a stream of bytes goes, and what is recorded of it. */
export interface WriteObjectTarget {
  /** The instance that will hold the object. */
  readonly framedbId: string
  /** `in-memory` (Redis, up to 16 GiB an object) or `storage` (TiDB or MySQL, up to 64 GiB). */
  readonly type: ObjectType
  /** The user's own description: a plain JSON object of at most 64 KiB. Replaces what was there. */
  readonly metadata?: Metadata
  /** The media type of the bytes, recorded beside the metadata. */
  readonly contentType?: string
  /** The name of the serializer that made the bytes, recorded so that `getValue` needs no hint. */
  readonly serializer?: string
}

const contentOf = ({ contentType, serializer }: WriteObjectTarget): ContentDescription =>
  Object.freeze({
    ...(serializer === undefined ? {} : { serializer }),
    ...(contentType === undefined ? {} : { contentType }),
  })

/** Validates a target and takes it over, or gives the error to fail with. A missing key is made up. */
export const toPlacement = (key: string | undefined, target: WriteObjectTarget): Placement | InvalidArgument => {
  // Not from `Random`: a key that nobody chose must neither collide nor be guessed.
  const name = key ?? crypto.randomUUID()
  const problem = problemOfKeyArgument(name) ?? problemOfTarget(target)
  if (problem !== undefined) return problem
  const type: string = target.type
  if (type === "stream") {
    return new InvalidArgument({
      argument: "type",
      message: "a queue takes messages, not streams of bytes: use publish",
    })
  }
  return {
    key: name as ObjectKey, // Validated above.
    framedbId: target.framedbId as FramedbId, // Validated above.
    type: target.type,
    metadata: ownMetadata(target.metadata),
    content: contentOf(target),
  }
}
