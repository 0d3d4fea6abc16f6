/**
 * The name of an object: 1 to 1,024 bytes of well-formed Unicode.
 *
 * The bound is S3's, so that every object can be backed up under its own name. Storage instances hold at most 255
 * characters (`ObjectStore.limits.keyCharacters`), which never exceed it.
 */
import * as Schema from "effect/Schema"

/** The longest key, in bytes of UTF-8. */
export const maxKeyBytes = 1024

/** Says what is wrong with a key, or `undefined` where nothing is. Allocates nothing for keys up to 341 characters. */
export const problemOfKey = (key: unknown): string | undefined => {
  if (typeof key !== "string") return `a key is a string, not ${key === null ? "null" : typeof key}`
  if (key.length === 0) return "a key has at least one character"
  if (!key.isWellFormed()) return "a key is well-formed Unicode: it may not hold half of a surrogate pair"
  // A UTF-16 unit takes at most 3 bytes of UTF-8, so most keys need no count.
  if (key.length * 3 <= maxKeyBytes) return undefined
  const bytes = new TextEncoder().encode(key).byteLength
  return bytes <= maxKeyBytes ? undefined : `a key has at most ${maxKeyBytes} bytes of UTF-8, this one has ${bytes}`
}

/** A validated key. */
export const ObjectKey = Schema.String.check(Schema.makeFilter((key) => problemOfKey(key))).pipe(
  Schema.brand("ObjectKey"),
)

/** A validated key. */
export type ObjectKey = typeof ObjectKey.Type

/** Narrows a string to a key that the rules above allow. */
export const isObjectKey = (key: unknown): key is ObjectKey => problemOfKey(key) === undefined
