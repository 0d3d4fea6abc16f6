import { GetObjectCommand, NoSuchKey, NotFound, S3Client, S3ServiceException } from "@aws-sdk/client-s3"
import type { BackendReasonTag } from "@framedb/core"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  classifyS3,
  failureOf,
  saysInvalidRange,
  saysNoSuchKey,
  saysNotFound,
  saysPrecondition,
} from "../src/classify.ts"
import { toBackendError } from "../src/s3Error.ts"

const answered = (name: string, httpStatusCode: number): S3ServiceException =>
  new S3ServiceException({ name, $fault: httpStatusCode >= 500 ? "server" : "client", $metadata: { httpStatusCode } })

const socket = (code: string): Error => Object.assign(new Error(`socket: ${code}`), { code, name: "TimeoutError" })

/** What the SDK throws where the body of an answer is not XML: a plain error that carries the metadata. */
const unreadable = (httpStatusCode: number): Error =>
  Object.assign(new Error("XML parse error"), { $metadata: { httpStatusCode } })

const table: ReadonlyArray<readonly [string, Error, BackendReasonTag, boolean]> = [
  ["a missing bucket", answered("NoSuchBucket", 404), "Rejected", false],
  ["a forbidden operation", answered("AccessDenied", 403), "Unauthorized", false],
  ["a forbidden HEAD, which has no code", answered("Unknown", 403), "Unauthorized", false],
  ["an unknown access key", answered("InvalidAccessKeyId", 403), "Unauthorized", false],
  ["a wrong secret", answered("SignatureDoesNotMatch", 403), "Unauthorized", false],
  ["an expired token", answered("ExpiredToken", 400), "Unauthorized", false],
  ["a wrong clock", answered("RequestTimeTooSkewed", 403), "Unauthorized", false],
  ["no credentials", Object.assign(new Error("none"), { name: "CredentialsProviderError" }), "Unauthorized", false],
  ["a condition that does not hold", answered("PreconditionFailed", 412), "Rejected", false],
  ["a concurrent conditional write", answered("ConditionalRequestConflict", 409), "Overloaded", false],
  ["too many requests", answered("SlowDown", 503), "Overloaded", false],
  ["too many requests, by status", answered("Whatever", 429), "Overloaded", false],
  ["an unavailable service", answered("ServiceUnavailable", 503), "Overloaded", false],
  ["a proxy without a server", unreadable(503), "Overloaded", false],
  ["a proxy whose server went away", unreadable(502), "Unavailable", true],
  ["a proxy that waited in vain", unreadable(504), "Timeout", true],
  ["an internal error", answered("InternalError", 500), "Unavailable", true],
  ["a body that came too slowly", answered("RequestTimeout", 400), "Timeout", false],
  ["a body that came cut", answered("IncompleteBody", 400), "Unavailable", false],
  ["a body that came changed", answered("BadDigest", 400), "Unavailable", false],
  ["a refused checksum", answered("NotImplemented", 501), "Rejected", false],
  ["a refused header", answered("InvalidArgument", 400), "Rejected", false],
  ["a full disk", answered("XMinioStorageFull", 507), "Rejected", false],
  ["a full quota", answered("QuotaExceeded", 403), "Rejected", false],
  ["a bucket elsewhere", answered("PermanentRedirect", 301), "Rejected", false],
  ["a web page", unreadable(200), "Protocol", true],
  ["a refused connection", socket("ECONNREFUSED"), "Unavailable", false],
  ["an unknown host", socket("ENOTFOUND"), "Unavailable", false],
  ["a reset connection", socket("ECONNRESET"), "Unavailable", true],
  ["a broken pipe", socket("EPIPE"), "Unavailable", true],
  ["no answer in time", socket("ETIMEDOUT"), "Timeout", true],
  ["an untrusted certificate", socket("SELF_SIGNED_CERT_IN_CHAIN"), "Rejected", false],
  ["something unheard of", new Error("?"), "Unexpected", true],
]

describe("the classifier", () => {
  for (const [what, thrown, tag, maybeApplied] of table) {
    test(`knows ${what}`, () => expect(classifyS3(failureOf(thrown))).toEqual({ tag, maybeApplied }))
  }

  test("tells a missing object from a missing bucket and from a missing upload", () => {
    const noSuchKey = new NoSuchKey({ message: "", $metadata: { httpStatusCode: 404 } })
    expect(saysNoSuchKey(failureOf(noSuchKey))).toBe(true)
    expect(saysNotFound(failureOf(new NotFound({ message: "", $metadata: { httpStatusCode: 404 } })))).toBe(true)
    expect(saysNotFound(failureOf(answered("NoSuchBucket", 404)))).toBe(false)
    expect(saysNotFound(failureOf(answered("NoSuchUpload", 404)))).toBe(false)
    expect(saysPrecondition(failureOf(answered("PreconditionFailed", 412)))).toBe(true)
    expect(saysInvalidRange(failureOf(answered("InvalidRange", 416)))).toBe(true)
  })

  test("answers whatever is thrown", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(classifyS3(failureOf(thrown)).tag).toBe("Unexpected")
      }),
    )
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 100, max: 599 }), (code, status) => {
        expect(classifyS3({ code, status, message: "" }).tag).toBeTypeOf("string")
      }),
    )
  })

  test("knows what the SDK throws where nothing listens", async () => {
    const credentials = { accessKeyId: "a", secretAccessKey: "b" }
    const client = new S3Client({ endpoint: "http://127.0.0.1:1", region: "x", credentials, maxAttempts: 1 })
    const thrown: unknown = await client.send(new GetObjectCommand({ Bucket: "b", Key: "k" })).catch((error) => error)
    expect(classifyS3(failureOf(thrown))).toEqual({ tag: "Unavailable", maybeApplied: false })
  })

  test("keeps secrets and the SDK's advice out of the message, and says maybeApplied of writes only", () => {
    const failure = { code: "ECONNRESET", status: undefined, message: "at https://user:pw@host/x\nsecond line" }
    const error = toBackendError("put", failure)
    expect(error.message).not.toContain("pw")
    expect(error.message).not.toContain("second line")
    expect(error.reason.code).toBe("ECONNRESET")
    expect(error.maybeApplied).toBe(true)
    expect(toBackendError("get", failure).maybeApplied).toBe(false)
  })
})
