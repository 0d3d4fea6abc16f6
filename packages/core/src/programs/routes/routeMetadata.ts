/** What travels in routing metadata: the user's own fields, and under the reserved key how the bytes were made. */
import * as Predicate from "effect/Predicate"
import type { ContentDescription } from "../../domain/FrameObject.ts"
import { emptyMetadata, type Json, type JsonObject, type Metadata, reservedMetadataKey } from "../../domain/Metadata.ts"

/** A route's metadata, taken apart. Frozen, so that it can be handed to any number of readers. */
export interface DescribedMetadata {
  readonly metadata: Metadata
  readonly content: ContentDescription
}

const noContent: ContentDescription = Object.freeze({})

const deepFreeze = <A extends Json>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}

const contentOf = (described: Json | undefined): ContentDescription => {
  // Another client may keep anything under the reserved key: what can't be understood is no description.
  if (!Predicate.isObject(described)) return noContent
  const { serializer, contentType } = described as JsonObject // An object out of a JSON value.
  return Object.freeze({
    ...(typeof serializer === "string" ? { serializer } : {}),
    ...(typeof contentType === "string" ? { contentType } : {}),
  })
}

/** Takes a route's metadata apart. */
export const describeMetadata = (metadata: JsonObject): DescribedMetadata => {
  if (!Object.hasOwn(metadata, reservedMetadataKey)) {
    const isEmpty = Object.keys(metadata).length === 0
    return { metadata: isEmpty ? emptyMetadata : deepFreeze({ ...metadata }), content: noContent }
  }
  const { [reservedMetadataKey]: described, ...own } = metadata
  return { metadata: deepFreeze(own), content: contentOf(described) }
}

/** Puts together what a route carries. Validated metadata only. */
export const routeMetadata = (metadata: Metadata, content: ContentDescription): JsonObject =>
  Object.keys(content).length === 0 ? metadata : { ...metadata, [reservedMetadataKey]: { ...content } }

/** A copy of validated metadata that the caller can't change any more. */
export const ownMetadata = (metadata: Metadata | undefined): Metadata =>
  metadata === undefined ? emptyMetadata : deepFreeze(structuredClone(metadata))

/** Whether two JSON values are equal, whatever the order of their fields. */
export const isSameJson = (left: Json, right: Json): boolean => {
  if (left === right) return true
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const [a, b] = [left as JsonObject, right as JsonObject] // An array compares by its indices alike.
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => {
    // What is not its own may be anything: a field may be called `__proto__`.
    const [x, y] = [a[key], Object.hasOwn(b, key) ? b[key] : undefined]
    return x !== undefined && y !== undefined && isSameJson(x, y)
  })
}
