import type { FramedbId } from "./FramedbId.ts"
import type { ObjectType } from "./FramedbType.ts"

/** An instance that holds an object, and its kind. */
export interface Location {
  readonly framedbId: FramedbId
  readonly type: ObjectType
}

/** Whether two locations are the same place. */
export const isSameLocation = (left: Location, right: Location): boolean =>
  left.framedbId === right.framedbId && left.type === right.type
