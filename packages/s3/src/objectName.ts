/**
 * How a stored name becomes an S3 key, and back: the prefix and the name itself, but for path segments that S3 or what is
 * on the way to it would resolve. `.` and `..` are written `%2E` and `%2E%2E`, an empty segment that is not the last
 * `%00`, and a segment that begins with `%` has that written `%25`.
 */

const encodeSegment = (segment: string, isLast: boolean): string => {
  if (segment === ".") return "%2E"
  if (segment === "..") return "%2E%2E"
  if (segment === "" && !isLast) return "%00"
  return segment.startsWith("%") ? `%25${segment.slice(1)}` : segment
}

const decodeSegment = (segment: string): string => {
  if (segment === "%2E") return "."
  if (segment === "%2E%2E") return ".."
  if (segment === "%00") return ""
  return segment.startsWith("%25") ? `%${segment.slice(3)}` : segment
}

/** The S3 key of a stored name. */
export const s3KeyOf = (prefix: string, name: string): string => {
  const segments = name.split("/")
  return prefix + segments.map((segment, index) => encodeSegment(segment, index === segments.length - 1)).join("/")
}

/** The stored name of an S3 key, or `undefined` for a key that no name leads to. */
export const nameOfS3Key = (prefix: string, key: string): string | undefined => {
  if (!key.startsWith(prefix)) return undefined
  const name = key.slice(prefix.length).split("/").map(decodeSegment).join("/")
  return s3KeyOf(prefix, name) === key ? name : undefined
}

/** What every S3 key of a name with this prefix begins with: its complete segments, and the rest where it is plain. */
export const s3PrefixOf = (prefix: string, namePrefix: string): string => {
  const complete = namePrefix.lastIndexOf("/") + 1
  const rest = namePrefix.slice(complete)
  // What begins like a special segment may be written otherwise once it goes on.
  const plain = rest.startsWith(".") || rest.startsWith("%") ? "" : rest
  return s3KeyOf(prefix, namePrefix.slice(0, complete)) + plain
}
