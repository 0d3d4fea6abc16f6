/**
 * What a user says of an object: a plain JSON object that every client of the cluster can read.
 *
 * The key `framedb` is reserved: there the client keeps how the value was serialized. Numbers that JSON would change
 * on the way (NaN, infinities, integers beyond 2^53) are refused before anything is sent.
 */
import type * as Schema from "effect/Schema"

/** A JSON value. */
export type Json = Schema.Json

/** A plain JSON object. */
export type JsonObject = { readonly [key: string]: Json }

/** A user's metadata. */
export type Metadata = JsonObject

/** The reserved key under which the client describes the stored bytes. */
export const reservedMetadataKey = "framedb"

/** The most bytes of JSON that an object's metadata may take: it travels with every route. */
export const maxMetadataBytes = 64 * 1024

/** The deepest nesting of metadata: parsers of other languages stop at some depth, and none below this. */
export const maxMetadataDepth = 64

/** The metadata of an object for which none was given. */
export const emptyMetadata: Metadata = Object.freeze({})

const problemOfNumber = (value: number, path: string): string | undefined => {
  if (!Number.isFinite(value)) return `${path} is ${value}, which JSON can't hold`
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `${path} is beyond 2^53, where JSON readers lose digits: send it as a string`
  }
  return undefined
}

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const problemOfObject = (value: object, path: string, depth: number): string | undefined => {
  if (depth > maxMetadataDepth) return `${path} is nested deeper than ${maxMetadataDepth} levels`
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const problem = problemOfJson(value[index], `${path}[${index}]`, depth + 1)
      if (problem !== undefined) return problem
    }
    return undefined
  }
  if (!isPlainObject(value)) return `${path} is a ${value.constructor?.name ?? "special"} object, not plain JSON`
  for (const [key, item] of Object.entries(value)) {
    if (!key.isWellFormed()) return `${path} has a key that is not well-formed Unicode`
    const problem = problemOfJson(item, `${path}.${key}`, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Says what keeps a value from being JSON that arrives as it was sent, or `undefined` where nothing does. */
export const problemOfJson = (value: unknown, path: string, depth = 0): string | undefined => {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : `${path} is not well-formed Unicode`
    case "boolean":
      return undefined
    case "number":
      return problemOfNumber(value, path)
    case "object":
      return value === null ? undefined : problemOfObject(value, path, depth)
    default:
      return `${path} is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}, which JSON can't hold`
  }
}

/** Says what is wrong with a user's metadata, or `undefined` where nothing is. */
export const problemOfMetadata = (metadata: unknown): string | undefined => {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return "metadata is a plain object"
  if (Object.hasOwn(metadata, reservedMetadataKey)) return `the metadata key "${reservedMetadataKey}" is reserved`
  const problem = problemOfJson(metadata, "metadata")
  if (problem !== undefined) return problem
  const bytes = Buffer.byteLength(JSON.stringify(metadata))
  return bytes <= maxMetadataBytes ? undefined : `metadata takes ${bytes} bytes of JSON, at most ${maxMetadataBytes}`
}
