/** What a write says of its object, whatever form its bytes have. */
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { ObjectType } from "../../domain/FramedbType.ts"
import type { ContentDescription, ObjectInfo } from "../../domain/FrameObject.ts"
import type { Location } from "../../domain/Location.ts"
import type { Metadata } from "../../domain/Metadata.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import { routeMetadata } from "../routes/routeMetadata.ts"

/** An object that goes to an instance of objects, without its bytes. Validated. */
export interface Placement {
  readonly key: ObjectKey
  readonly framedbId: FramedbId
  readonly type: ObjectType
  readonly metadata: Metadata
  readonly content: ContentDescription
}

/** The same with its bytes, which nobody else can change. */
export interface PlacedObject extends Placement {
  readonly data: Uint8Array<ArrayBuffer>
}

/** The route of an object that was written so. */
export const routeOf = ({ key, framedbId, type, metadata, content }: Placement, sizeBytes: number): ObjectRoute => ({
  key,
  framedbId,
  type,
  copies: [],
  sizeBytes,
  metadata: routeMetadata(metadata, content),
})

/** What the caller is told. */
export const infoOf = (
  { key, framedbId, type, metadata, content }: Placement,
  sizeBytes: number,
  copies: ReadonlyArray<Location>,
): ObjectInfo => ({ key, metadata, framedbId, type, sizeBytes, content, copies })

/** The number of Unicode code points, which is what SQL counts. */
const charactersOf = (key: string): number => {
  let characters = 0
  for (const _ of key) characters++
  return characters
}

/** Why an instance can't hold a key, said before anything is written. */
export const problemOfFit = (
  { key, type }: Pick<Placement, "key" | "type">,
  opened: OpenInstance,
): InvalidArgument | undefined => {
  const { keyCharacters, reservedPrefix } = opened.connection.objects.limits
  if (reservedPrefix !== undefined && key.startsWith(reservedPrefix)) {
    const message = `keys that begin with ${reservedPrefix} are reserved in ${type}: chunks of objects have them`
    return new InvalidArgument({ argument: "key", message })
  }
  if (keyCharacters === undefined || key.length <= keyCharacters || charactersOf(key) <= keyCharacters) return undefined
  const message = `a key in ${type} has at most ${keyCharacters} characters, this one has ${charactersOf(key)}`
  return new InvalidArgument({ argument: "key", message })
}
