/** What a caller passes to `setObject`, and its validation, before anything is sent. */

import { problemOfBytes } from "../../domain/Bytes.ts"
import { type FramedbId, problemOfFramedbId } from "../../domain/FramedbId.ts"
import { type FramedbType, parseFramedbType } from "../../domain/FramedbType.ts"
import type { ContentDescription } from "../../domain/FrameObject.ts"
import { type Metadata, problemOfMetadata } from "../../domain/Metadata.ts"
import { type ObjectKey, problemOfKey } from "../../domain/ObjectKey.ts"
import type { SmallCopies } from "../../domain/SmallCopies.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ownMetadata } from "../routes/routeMetadata.ts"

/** Where an object goes. */
export interface ObjectTarget {
  /** The instance that will hold it. */
  readonly framedbId: string
  /** `in-memory` (Redis), `storage` (TiDB or MySQL), or `stream`: a message at the end of the queue named by the key. */
  readonly type: FramedbType
  /** The user's own description: a plain JSON object of at most 64 KiB. Replaces what was there. */
  readonly metadata?: Metadata
}

/** An object to be set. */
export interface SetObjectInput extends ObjectTarget {
  /** 1 to 1,024 bytes, at most 255 characters for `storage`. Left out, a random UUID is made. */
  readonly key?: string
  /** The bytes. They are copied before the call returns. */
  readonly data: Uint8Array
  /** The media type of the bytes, recorded beside the metadata. */
  readonly contentType?: string
}

/** A validated object, with bytes and metadata that the caller can't change any more. */
export interface ObjectToSet {
  readonly key: ObjectKey
  readonly data: Uint8Array<ArrayBuffer>
  readonly framedbId: FramedbId
  readonly type: FramedbType
  readonly metadata: Metadata
  readonly content: ContentDescription
}

const refuse = (argument: string, message: string) => new InvalidArgument({ argument, message })

const problemOfType = (type: unknown): string | undefined => {
  if (type === "in-memory" || type === "storage" || type === "stream") return undefined
  const meant = typeof type === "string" ? parseFramedbType(type) : undefined
  const hint = meant === undefined ? "" : `; ${JSON.stringify(type)} is now ${JSON.stringify(meant)}`
  return `type is "in-memory", "storage" or "stream"${hint}`
}

/** Validates that there are options at all, which plain JavaScript can leave out, and gives the error to fail with, if any. */
export const problemOfRecord = (argument: string, value: unknown): InvalidArgument | undefined => {
  if (typeof value === "object" && value !== null) return undefined
  return refuse(argument, `${argument} has to be an object, and is ${value === null ? "null" : typeof value}`)
}

/** Validates what goes with the bytes, and gives the error to fail with, if any. */
export const problemOfTarget = (target: ObjectTarget): InvalidArgument | undefined => {
  const none = problemOfRecord("options", target)
  if (none !== undefined) return none
  const id = problemOfFramedbId(target.framedbId)
  if (id !== undefined) return refuse("framedbId", id)
  const type = problemOfType(target.type)
  if (type !== undefined) return refuse("type", type)
  const metadata = target.metadata === undefined ? undefined : problemOfMetadata(target.metadata)
  return metadata === undefined ? undefined : refuse("metadata", metadata)
}

/** Validates a key, and gives the error to fail with, if any. */
export const problemOfKeyArgument = (key: unknown): InvalidArgument | undefined => {
  const problem = problemOfKey(key)
  return problem === undefined ? undefined : refuse("key", problem)
}

/** Not from `Random`: a key that nobody chose must neither collide nor be guessed. */
const randomKey = (): string => crypto.randomUUID()

const noContent: ContentDescription = Object.freeze({})

/** Validates an input, and gives the error to fail with, if any. */
export const problemOfInput = (input: SetObjectInput): InvalidArgument | undefined => {
  const none = problemOfRecord("input", input)
  if (none !== undefined) return none
  const dataProblem = problemOfBytes(input.data)
  if (dataProblem !== undefined) return refuse("data", `data ${dataProblem}; use setValue for other values`)
  // A missing one is made up.
  const keyProblem = input.key == null ? undefined : problemOfKeyArgument(input.key)
  return keyProblem ?? problemOfTarget(input)
}

/** Takes a validated input over, its bytes by way of `copies`. */
export const takeOver = (
  input: SetObjectInput,
  copies: SmallCopies,
  content: ContentDescription = noContent,
): ObjectToSet => ({
  key: (input.key ?? randomKey()) as ObjectKey, // Validated by `problemOfInput`, as the id is.
  data: copies.of(input.data),
  framedbId: input.framedbId as FramedbId,
  type: input.type,
  metadata: ownMetadata(input.metadata),
  content: input.contentType === undefined ? content : Object.freeze({ ...content, contentType: input.contentType }),
})
