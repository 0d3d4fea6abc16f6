import type { FramedbId } from "./FramedbId.ts"
import type { FramedbType } from "./FramedbType.ts"
import type { Location } from "./Location.ts"
import type { Metadata } from "./Metadata.ts"
import type { ObjectKey } from "./ObjectKey.ts"

/** Where the bytes of a read came from. */
export type ObjectSource = "cache" | "primary" | "copy" | "queue" | "stale"

/** How stored bytes were made from a value, kept in routing metadata under the reserved key. */
export interface ContentDescription {
  /** The name of the serializer that made the bytes. */
  readonly serializer?: string
  /** The media type of the bytes. */
  readonly contentType?: string
}

/**
 * An object with its bytes. The bytes belong to the caller: changing them changes what nobody else reads. `data` may be a
 * part of a larger `ArrayBuffer`, which then can't be transferred to another thread: copy it with `data.slice()` for that.
 */
export interface FrameObject {
  readonly key: ObjectKey
  readonly data: Uint8Array<ArrayBuffer>
  readonly metadata: Metadata
  readonly framedbId: FramedbId
  readonly type: FramedbType
  readonly sizeBytes: number
  readonly content: ContentDescription
  readonly source: ObjectSource
}

/** What is known of an object without reading its bytes: what was registered last. */
export interface ObjectInfo {
  readonly key: ObjectKey
  readonly metadata: Metadata
  readonly framedbId: FramedbId
  readonly type: FramedbType
  /**
   * The length in bytes that was registered last. Where two processes set one key to different lengths at once, or a client that
   * registers nothing overwrites it, it is not that of the bytes until the key is set again: a read tells that one.
   */
  readonly sizeBytes: number
  readonly content: ContentDescription
  readonly copies: ReadonlyArray<Location>
}
