/**
 * AWS Signature Version 4, verified from the Authorization header.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { S3Refusal } from "./S3Answer.ts"
import type { S3Request } from "./S3Request.ts"

/** The one pair of keys that the server accepts. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

const uriEncode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  )

const canonicalQuery = (query: ReadonlyMap<string, string>): string =>
  [...query]
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const field = (header: string, name: string): string => {
  const found = new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1]
  if (found === undefined) throw new S3Refusal(400, "AuthorizationHeaderMalformed")
  return found
}

/** The most that a request's clock may differ from the server's, in milliseconds: S3's 15 minutes. */
const maxSkewMillis = 15 * 60 * 1000

const checkDate = (date: string): void => {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")
  const skew = Math.abs(Date.parse(iso) - Date.now())
  if (!(skew <= maxSkewMillis)) throw new S3Refusal(403, "RequestTimeTooSkewed")
}

/** Throws S3's refusal where the signature is missing or does not match the request. */
export const verifySignature = (request: S3Request, credentials: S3Credentials): void => {
  const header = request.headers["authorization"]
  if (header === undefined) throw new S3Refusal(403, "AccessDenied")
  if (!header.startsWith("AWS4-HMAC-SHA256 ")) throw new S3Refusal(400, "InvalidRequest")
  const [accessKeyId = "", day = "", region = "", service = ""] = field(header, "Credential").split("/")
  if (accessKeyId !== credentials.accessKeyId) throw new S3Refusal(403, "InvalidAccessKeyId")
  const date = request.headers["x-amz-date"] ?? ""
  checkDate(date)
  const signedHeaders = field(header, "SignedHeaders").split(";")
  const canonicalHeaders = signedHeaders
    .map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`)
    .join("")
  const canonical = [
    request.method,
    request.rawPath,
    canonicalQuery(request.query),
    canonicalHeaders,
    signedHeaders.join(";"),
    request.headers["x-amz-content-sha256"] ?? "",
  ].join("\n")
  const scope = `${day}/${region}/${service}/aws4_request`
  const hashed = createHash("sha256").update(canonical).digest("hex")
  const key = [region, service, "aws4_request"].reduce<Buffer>(
    (derived, text) => hmac(derived, text),
    hmac(`AWS4${credentials.secretAccessKey}`, day),
  )
  const expected = hmac(key, ["AWS4-HMAC-SHA256", date, scope, hashed].join("\n"))
  const given = Buffer.from(field(header, "Signature"), "hex")
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new S3Refusal(403, "SignatureDoesNotMatch")
  }
}
