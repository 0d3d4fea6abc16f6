/** What every storage asks of names, attributes and ranges, checked in one place. */
import * as Effect from "effect/Effect"
import { problemOfKey } from "../domain/ObjectKey.ts"
import { InvalidArgument } from "../errors/InvalidArgument.ts"
import type { StorageAttributes, StorageCapabilities, StoragePutOptions, StorageRange } from "../ports/ObjectStorage.ts"

/** Says what is wrong with the name of a stored object, or `undefined`. It obeys the rules of an object's key. */
export const problemOfStorageName = (name: unknown): string | undefined =>
  problemOfKey(name)?.replace(/^a key/, "a storage name")

const attributeName = /^[a-z0-9-]+$/

/** The room that attributes take: their names and values, in bytes of UTF-8. */
export const attributeBytesOf = (attributes: StorageAttributes): number =>
  Object.entries(attributes).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0)

const problemOfAttributes = (attributes: StorageAttributes, limitBytes: number): string | undefined => {
  for (const [name, value] of Object.entries(attributes)) {
    if (!attributeName.test(name)) return `the attribute name ${JSON.stringify(name)} has more than a-z, 0-9 and "-"`
    if (!value.isWellFormed()) return `the attribute ${name} is not well-formed Unicode`
  }
  const bytes = attributeBytesOf(attributes)
  return bytes <= limitBytes ? undefined : `attributes take ${bytes} bytes, this storage has room for ${limitBytes}`
}

/** Fails with `InvalidArgument` where a put asks for what the storage can't do. Nothing has been written then. */
export const checkPut = (
  name: string,
  options: StoragePutOptions | undefined,
  capabilities: StorageCapabilities,
): Effect.Effect<void, InvalidArgument> => {
  const nameProblem = problemOfStorageName(name)
  if (nameProblem !== undefined) return Effect.fail(new InvalidArgument({ argument: "name", message: nameProblem }))
  if (options?.createOnly === true && !capabilities.createOnly) {
    const message = "this storage can't tell atomically whether an object is there: leave createOnly out"
    return Effect.fail(new InvalidArgument({ argument: "createOnly", message }))
  }
  if (options?.attributes === undefined) return Effect.void
  const problem = problemOfAttributes(options.attributes, capabilities.attributeBytes)
  return problem === undefined
    ? Effect.void
    : Effect.fail(new InvalidArgument({ argument: "attributes", message: problem }))
}

/** A range within an object of a size: the first byte, and one past the last. */
export const spanOf = (range: StorageRange | undefined, sizeBytes: number): { start: number; end: number } => {
  const start = Math.min(Math.max(range?.offset ?? 0, 0), sizeBytes)
  const end = range?.length === undefined ? sizeBytes : Math.min(start + Math.max(range.length, 0), sizeBytes)
  return { start, end }
}
