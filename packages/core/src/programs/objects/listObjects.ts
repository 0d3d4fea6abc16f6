import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type FramedbId, problemOfFramedbId } from "../../domain/FramedbId.ts"
import type { ObjectType } from "../../domain/FramedbType.ts"
import type { ObjectInfo } from "../../domain/FrameObject.ts"
import { type JsonObject, problemOfMetadata } from "../../domain/Metadata.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectRouting } from "../../ports/ObjectRouting.ts"
import { describeRoute } from "../routes/Routes.ts"
import { infoOfRoute } from "./infoOfRoute.ts"
import { problemOfRecord } from "./SetObject.ts"

/** Which objects to list. Fields that are left out match everything; those given must all match. */
export interface ListObjectsQuery {
  /** The beginning of the key. */
  readonly prefix?: string
  /** The instance that holds the object. */
  readonly framedbId?: string
  readonly type?: ObjectType
  /** Metadata fields, compared for equality; nested objects match part by part. */
  readonly metadata?: JsonObject
}

const problemOfQuery = (query: ListObjectsQuery): InvalidArgument | undefined => {
  const none = problemOfRecord("query", query)
  if (none !== undefined) return none
  const { prefix, framedbId, type, metadata } = query
  const refuse = (argument: string, message: string) => new InvalidArgument({ argument, message })
  if (prefix !== undefined && (typeof prefix !== "string" || !prefix.isWellFormed())) {
    return refuse("prefix", "a prefix is a text of well-formed Unicode")
  }
  const id = framedbId === undefined ? undefined : problemOfFramedbId(framedbId)
  if (id !== undefined) return refuse("framedbId", id)
  if (type !== undefined && type !== "in-memory" && type !== "storage") {
    return refuse("type", 'objects are "in-memory" or "storage"')
  }
  const fields = metadata === undefined ? undefined : problemOfMetadata(metadata)
  return fields === undefined ? undefined : refuse("metadata", fields)
}

/** Builds the program. */
export const makeList = Effect.map(
  ObjectRouting,
  (routing) =>
    (query: ListObjectsQuery = {}): Stream.Stream<ObjectInfo, BackendError | InvalidArgument> => {
      const problem = problemOfQuery(query)
      if (problem !== undefined) return Stream.fail(problem)
      const { framedbId, ...others } = query
      const routes = routing.list(framedbId === undefined ? others : { ...others, framedbId: framedbId as FramedbId }) // Validated above.
      return Stream.map(routes, (route) => infoOfRoute(describeRoute(route)))
    },
)
