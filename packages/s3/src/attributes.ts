/**
 * Attributes as S3 user metadata, which is ASCII in header lines: a byte of UTF-8 that is not printable ASCII is written
 * `%XX`, as are `%` and a space at either end. An empty value, which some stores drop, is written `%`.
 */
import type { StorageAttributes } from "@framedb/core"

/** What S3 keeps of user metadata, names and values together, in bytes. */
export const maxS3AttributeBytes = 2048

/** The attribute in which an upload recognizes its own object after a lost answer; never shown. */
export const uploadAttribute = "framedb-upload"

/** What the upload's own attribute takes: its name and a UUID. */
export const reservedAttributeBytes = uploadAttribute.length + 36

const encodeByte = (byte: number, isEdge: boolean): string =>
  byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && !(byte === 0x20 && isEdge)
    ? String.fromCharCode(byte)
    : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`

/** What is written as it is: printable ASCII without a `%`, and without a space at either end. */
const plainValue = /^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/

const encodeValue = (value: string): string => {
  if (value === "") return "%"
  // Every description of ours: looking at each of its bytes costs more than all else of ours in a put.
  if (plainValue.test(value)) return value
  const bytes = [...new TextEncoder().encode(value)]
  return bytes.map((byte, index) => encodeByte(byte, index === 0 || index === bytes.length - 1)).join("")
}

const decodeValue = (value: string): string => {
  if (value === "%") return ""
  try {
    return decodeURIComponent(value)
  } catch {
    // Another program's metadata need not be in this form.
    return value
  }
}

/** Attributes as S3 keeps them. */
export const encodeAttributes = (attributes: StorageAttributes): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, encodeValue(value)]))

/** Attributes as they were given. */
export const decodeAttributes = (metadata: Readonly<Record<string, string>> | undefined): StorageAttributes =>
  Object.fromEntries(
    Object.entries(metadata ?? {})
      .filter(([name]) => name !== uploadAttribute)
      .map(([name, value]) => [name, decodeValue(value)]),
  )
