import type { ObjectInfo } from "../../domain/FrameObject.ts"
import type { DescribedRoute } from "../routes/Routes.ts"

/** What a route says of its object, in the user's terms. */
export const infoOfRoute = (route: DescribedRoute): ObjectInfo => ({
  key: route.key,
  metadata: route.described.metadata,
  framedbId: route.framedbId,
  type: route.type,
  sizeBytes: route.sizeBytes,
  content: route.described.content,
  copies: route.copies,
})
