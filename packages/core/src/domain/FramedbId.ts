/** The id of a database instance: 1 to 255 characters of well-formed Unicode. */
import * as Schema from "effect/Schema"

/** Says what is wrong with an instance id, or `undefined` where nothing is. */
export const problemOfFramedbId = (id: unknown): string | undefined => {
  if (typeof id !== "string") return `an instance id is a string, not ${id === null ? "null" : typeof id}`
  if (id.length === 0 || id.length > 255) return `an instance id has 1 to 255 characters, not ${id.length}`
  return id.isWellFormed() ? undefined : "an instance id is well-formed Unicode"
}

/** A validated instance id. */
export const FramedbId = Schema.String.check(Schema.makeFilter((id) => problemOfFramedbId(id))).pipe(
  Schema.brand("FramedbId"),
)

/** A validated instance id. */
export type FramedbId = typeof FramedbId.Type
