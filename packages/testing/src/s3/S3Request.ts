/** A request taken apart: bucket, key and query exactly as they were sent, with no normalization of paths. */
import type { IncomingMessage } from "node:http"
import { S3Refusal } from "./S3Answer.ts"
import type { S3Operation } from "./S3Faults.ts"

/** A request in S3's terms. Path style only. */
export interface S3Request {
  readonly method: string
  readonly rawPath: string
  readonly bucket: string
  readonly key: string
  readonly query: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, string>>
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Refusal(400, "InvalidURI")
  }
}

const parseQuery = (text: string): Map<string, string> => {
  const query = new Map<string, string>()
  for (const pair of text.split("&").filter((part) => part !== "")) {
    const at = pair.indexOf("=")
    query.set(
      decode(at < 0 ? pair : pair.slice(0, at)),
      at < 0 ? "" : decode(pair.slice(at + 1).replaceAll("+", "%20")),
    )
  }
  return query
}

/** Reads the request line and the headers. */
export const parseS3Request = (message: IncomingMessage): S3Request => {
  const url = message.url ?? "/"
  const mark = url.indexOf("?")
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  const slash = rawPath.indexOf("/", 1)
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  )
  return {
    method: message.method ?? "GET",
    rawPath,
    bucket: decode(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash)),
    key: slash < 0 ? "" : decode(rawPath.slice(slash + 1)),
    query: parseQuery(mark < 0 ? "" : url.slice(mark + 1)),
    headers,
  }
}

const onBucket = (request: S3Request): S3Operation => {
  if (request.method === "GET" && request.query.has("uploads")) return "ListMultipartUploads"
  if (request.method === "GET") return "ListObjectsV2"
  if (request.method === "HEAD") return "HeadBucket"
  throw new S3Refusal(405, "MethodNotAllowed")
}

/** Names the operation. */
export const operationOf = (request: S3Request): S3Operation => {
  if (request.key === "") return onBucket(request)
  const isUpload = request.query.has("uploadId")
  switch (request.method) {
    case "PUT":
      return isUpload ? "UploadPart" : "PutObject"
    case "POST":
      return isUpload ? "CompleteMultipartUpload" : "CreateMultipartUpload"
    case "GET":
      return "GetObject"
    case "HEAD":
      return "HeadObject"
    case "DELETE":
      return isUpload ? "AbortMultipartUpload" : "DeleteObject"
    default:
      throw new S3Refusal(405, "MethodNotAllowed")
  }
}

/** S3 refuses keys whose path would climb above the bucket, and keys over 1,024 bytes. */
export const checkKey = (key: string): void => {
  if (Buffer.byteLength(key) > 1024) throw new S3Refusal(400, "KeyTooLongError")
  let depth = 0
  for (const segment of key.split("/")) {
    depth += segment === ".." ? -1 : 1
    if (depth < 0) throw new S3Refusal(400, "InvalidURI", "the key leaves the bucket")
  }
}
