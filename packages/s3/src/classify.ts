/** What an error of the SDK, of Node's sockets or of an S3 server means to a caller. Pure and total. */
import type { BackendReasonTag, Classified } from "@framedb/core"

/** What is known of anything that the SDK threw. */
export interface S3Failure {
  /** S3's error code, the socket's code, or the error's name. */
  readonly code: string
  /** The status of the answer, where there was one. */
  readonly status: number | undefined
  readonly message: string
}

const textOf = (error: object, field: string): string | undefined => {
  const value: unknown = Reflect.get(error, field)
  return typeof value === "string" ? value : undefined
}

const statusOf = (error: object): number | undefined => {
  if (!("$metadata" in error) || typeof error.$metadata !== "object" || error.$metadata === null) return undefined
  const metadata = error.$metadata
  return "httpStatusCode" in metadata && typeof metadata.httpStatusCode === "number"
    ? metadata.httpStatusCode
    : undefined
}

/** Takes anything thrown apart. Never throws. */
export const failureOf = (thrown: unknown): S3Failure => {
  if (!(thrown instanceof Error)) return { code: "", status: undefined, message: `a ${typeof thrown} was thrown` }
  const code = textOf(thrown, "code") ?? textOf(thrown, "Code") ?? thrown.name
  return { code, status: statusOf(thrown), message: thrown.message }
}

const applied = (tag: BackendReasonTag): Classified => ({ tag, maybeApplied: true })
const notApplied = (tag: BackendReasonTag): Classified => ({ tag, maybeApplied: false })

const byCode: Readonly<Record<string, Classified>> = {
  // The connection, before anything was sent.
  ECONNREFUSED: notApplied("Unavailable"),
  ENOTFOUND: notApplied("Unavailable"),
  EAI_AGAIN: notApplied("Unavailable"),
  EHOSTUNREACH: notApplied("Unavailable"),
  ENETUNREACH: notApplied("Unavailable"),
  ECONNABORTED: notApplied("Unavailable"),
  // The connection, at any time.
  ECONNRESET: applied("Unavailable"),
  EPIPE: applied("Unavailable"),
  ERR_STREAM_PREMATURE_CLOSE: applied("Unavailable"),
  ETIMEDOUT: applied("Timeout"),
  ESOCKETTIMEDOUT: applied("Timeout"),
  TimeoutError: applied("Timeout"),
  // The client's own side of TLS.
  DEPTH_ZERO_SELF_SIGNED_CERT: notApplied("Rejected"),
  SELF_SIGNED_CERT_IN_CHAIN: notApplied("Rejected"),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notApplied("Rejected"),
  CERT_HAS_EXPIRED: notApplied("Rejected"),
  ERR_TLS_CERT_ALTNAME_INVALID: notApplied("Rejected"),
  EPROTO: notApplied("Protocol"),
  // Credentials.
  CredentialsProviderError: notApplied("Unauthorized"),
  AccessDenied: notApplied("Unauthorized"),
  InvalidAccessKeyId: notApplied("Unauthorized"),
  SignatureDoesNotMatch: notApplied("Unauthorized"),
  ExpiredToken: notApplied("Unauthorized"),
  InvalidToken: notApplied("Unauthorized"),
  TokenRefreshRequired: notApplied("Unauthorized"),
  RequestTimeTooSkewed: notApplied("Unauthorized"),
  AccountProblem: notApplied("Unauthorized"),
  AllAccessDisabled: notApplied("Unauthorized"),
  // Come back later.
  SlowDown: notApplied("Overloaded"),
  Throttling: notApplied("Overloaded"),
  ThrottlingException: notApplied("Overloaded"),
  TooManyRequests: notApplied("Overloaded"),
  RequestLimitExceeded: notApplied("Overloaded"),
  ServiceUnavailable: notApplied("Overloaded"),
  OperationAborted: notApplied("Overloaded"),
  ConditionalRequestConflict: notApplied("Overloaded"),
  // The body did not arrive in time, or not whole, or not as it was sent.
  RequestTimeout: notApplied("Timeout"),
  IncompleteBody: notApplied("Unavailable"),
  BadDigest: notApplied("Unavailable"),
  XAmzContentSHA256Mismatch: notApplied("Unavailable"),
  XAmzContentChecksumMismatch: notApplied("Unavailable"),
  // The server failed, whether before or after it did what was asked.
  InternalError: applied("Unavailable"),
  // No such place, or no room in it.
  NoSuchBucket: notApplied("Rejected"),
  NoSuchUpload: notApplied("Rejected"),
  QuotaExceeded: notApplied("Rejected"),
  XMinioStorageFull: notApplied("Rejected"),
  PermanentRedirect: notApplied("Rejected"),
  AuthorizationHeaderMalformed: notApplied("Rejected"),
}

const byStatus = (status: number): Classified => {
  if (status === 401 || status === 403) return notApplied("Unauthorized")
  if (status === 408) return notApplied("Timeout")
  if (status === 429 || status === 503) return notApplied("Overloaded")
  // A checksum or a feature that a compatible store does not have, or a full disk.
  if (status === 501 || status === 507) return notApplied("Rejected")
  if (status === 504) return applied("Timeout")
  if (status >= 500) return applied("Unavailable")
  if (status >= 400) return notApplied("Rejected")
  // A good status whose body can't be read: what answers is not S3.
  return applied("Protocol")
}

/** Says what a failure means. What no table knows is `Unexpected`, and may have been applied. */
export const classifyS3 = (failure: S3Failure): Classified => {
  const known = Object.hasOwn(byCode, failure.code) ? byCode[failure.code] : undefined
  if (known !== undefined) return known
  return failure.status === undefined ? applied("Unexpected") : byStatus(failure.status)
}

/** Whether a failure says that the object is not there, and the bucket is. */
export const saysNoSuchKey = (failure: S3Failure): boolean => failure.code === "NoSuchKey"

/** Whether a failure says that something is not there, without saying what. An answer to HEAD has no body. */
export const saysNotFound = (failure: S3Failure): boolean =>
  failure.status === 404 && failure.code !== "NoSuchBucket" && failure.code !== "NoSuchUpload"

/** Whether a failure says that a condition did not hold. */
export const saysPrecondition = (failure: S3Failure): boolean => failure.status === 412

/** Whether a failure says that a range lies beyond the object. */
export const saysInvalidRange = (failure: S3Failure): boolean => failure.status === 416
