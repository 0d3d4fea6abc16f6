/** The body of a request: unframed where it came in aws-chunked form, and checked against every digest sent with it. */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { crc32c } from "./crc32c.ts"
import { S3Refusal } from "./S3Answer.ts"
import { S3Body } from "./S3Body.ts"
import type { S3Request } from "./S3Request.ts"

const base64 = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest("base64")

const bigEndian = (value: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes.toString("base64")
}

const digests: Readonly<Record<string, (bytes: Buffer) => string>> = {
  "x-amz-checksum-crc32": (bytes) => bigEndian(crc32(bytes)),
  "x-amz-checksum-crc32c": (bytes) => bigEndian(crc32c(bytes)),
  "x-amz-checksum-sha1": (bytes) => base64("sha1", bytes),
  "x-amz-checksum-sha256": (bytes) => base64("sha256", bytes),
}

/** Takes aws-chunked framing apart: `size-in-hex[;…]\r\n bytes \r\n … 0\r\n trailers \r\n`. */
const unframe = (framed: Buffer): { bytes: Buffer; trailers: Record<string, string> } => {
  const pieces: Array<Buffer> = []
  let at = 0
  for (;;) {
    const end = framed.indexOf("\r\n", at)
    if (end < 0) throw new S3Refusal(400, "IncompleteBody")
    const size = Number.parseInt(framed.toString("latin1", at, end), 16)
    if (!Number.isInteger(size)) throw new S3Refusal(400, "InvalidRequest")
    at = end + 2
    if (size === 0) break
    if (at + size + 2 > framed.length) throw new S3Refusal(400, "IncompleteBody")
    pieces.push(framed.subarray(at, at + size))
    at += size + 2
  }
  const trailers: Record<string, string> = {}
  for (const line of framed.toString("latin1", at).split("\r\n")) {
    const colon = line.indexOf(":")
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  return { bytes: Buffer.concat(pieces), trailers }
}

const isHexDigest = /^[0-9a-f]{64}$/

const checkDigests = (sent: Readonly<Record<string, string>>, bytes: Buffer): void => {
  for (const [name, digest] of Object.entries(digests)) {
    const said = sent[name]
    if (said !== undefined && said !== digest(bytes)) throw new S3Refusal(400, "BadDigest", `${name} does not match`)
  }
  const md5 = sent["content-md5"]
  if (md5 !== undefined && md5 !== base64("md5", bytes))
    throw new S3Refusal(400, "BadDigest", "Content-MD5 does not match")
}

/** Whether a request carries what many compatible stores refuse: a flexible checksum or its trailer. */
export const hasChecksum = (request: S3Request): boolean =>
  Object.keys(request.headers).some((name) => name.startsWith("x-amz-checksum-") || name === "x-amz-trailer") ||
  "x-amz-sdk-checksum-algorithm" in request.headers

/** Gives the bytes that a request carries, or throws S3's refusal where a digest or a length does not match. */
export const readPayload = (request: S3Request, sent: S3Body): S3Body => {
  const raw = sent.bytes
  const content = request.headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD"
  if (content === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    const { bytes, trailers } = unframe(raw)
    const said = Number(request.headers["x-amz-decoded-content-length"] ?? Number.NaN)
    if (said !== bytes.length) throw new S3Refusal(400, "IncompleteBody")
    checkDigests({ ...request.headers, ...trailers }, bytes)
    return new S3Body([bytes])
  }
  if (content.startsWith("STREAMING-")) throw new S3Refusal(501, "NotImplemented", "signed chunks are not spoken here")
  if (isHexDigest.test(content) && createHash("sha256").update(raw).digest("hex") !== content) {
    throw new S3Refusal(400, "XAmzContentSHA256Mismatch")
  }
  checkDigests(request.headers, raw)
  return sent
}
