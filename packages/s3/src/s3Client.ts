/** The SDK's client, set on purpose: no retries of its own, deadlines that are kept, secrets opened only here. */
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { S3Credentials, S3ObjectStorageOptions } from "./S3Options.ts"

const identityOf = (credentials: S3Credentials) => ({
  accessKeyId: credentials.accessKeyId,
  secretAccessKey: Redacted.value(credentials.secretAccessKey),
  ...(credentials.sessionToken === undefined ? {} : { sessionToken: Redacted.value(credentials.sessionToken) }),
})

const configOf = (options: S3ObjectStorageOptions): S3ClientConfig => {
  const isCompatible = options.endpoint !== undefined
  const region = options.region ?? (isCompatible ? "us-east-1" : undefined)
  const checksums = options.checksums ?? (isCompatible ? "when-required" : "when-supported")
  const agent = { keepAlive: true, maxSockets: options.maxConnections ?? 64 }
  return {
    maxAttempts: 1,
    forcePathStyle: options.forcePathStyle ?? isCompatible,
    requestChecksumCalculation: checksums === "when-required" ? "WHEN_REQUIRED" : "WHEN_SUPPORTED",
    responseChecksumValidation: checksums === "when-required" ? "WHEN_REQUIRED" : "WHEN_SUPPORTED",
    // It would open a connection of its own, outside of the pool and its bound, for every body of 2 MiB and more.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: options.connectTimeoutMillis ?? 5_000,
      requestTimeout: options.answerTimeoutMillis ?? 60_000,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
      // A pool that is busy is no news: uploads queue for it on purpose.
      socketAcquisitionWarningTimeout: 2 ** 31 - 1,
    },
    ...(region === undefined ? {} : { region }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: identityOf(options.credentials) }),
  }
}

type Headers = Record<string, string>

/** Says in each request what the signature covers of the body, before it is made. */
const sayPayload = (client: S3Client, say: (headers: Headers, body: unknown) => Promise<void> | void): void =>
  client.middlewareStack.add(
    (next) => async (args) => {
      // The SDK's type of a request is unknown here; every request of HTTP has headers.
      const { body, headers } = args.request as { readonly headers: Headers; readonly body?: unknown }
      await say(headers, body)
      return next(args)
    },
    { step: "build", name: "sayPayload", priority: "low" },
  )

const contentDigest = "x-amz-content-sha256"

const leaveUnsigned = (headers: Headers): void => {
  headers[contentDigest] ??= "UNSIGNED-PAYLOAD"
}

/** Bodies from this size on are digested on another thread, in bytes: copying them there costs a quarter of a digest here. */
const digestedAsideBytes = 256 * 1024

/** The most bytes that are digested there at once, since each body is copied: three segments of a set, or one part of an upload. */
const maxDigestedAsideBytes = 12 * 1024 * 1024

/** Digests a body on another thread; what there is no room for the SDK digests on this one. */
const digestsAside = () => {
  let underWay = 0
  return async (headers: Headers, body: unknown): Promise<void> => {
    if (!(body instanceof Uint8Array) || headers[contentDigest] !== undefined) return
    const { byteLength } = body
    if (byteLength < digestedAsideBytes || underWay + byteLength > maxDigestedAsideBytes) return
    underWay += byteLength
    try {
      headers[contentDigest] = Buffer.from(await crypto.subtle.digest("SHA-256", body)).toString("hex")
    } finally {
      underWay -= byteLength
    }
  }
}

const open = (options: S3ObjectStorageOptions): S3Client => {
  const client = new S3Client(configOf(options))
  const isPlain = options.endpoint?.toLowerCase().startsWith("http:") ?? false
  sayPayload(client, (options.signPayload ?? isPlain) ? digestsAside() : leaveUnsigned)
  return client
}

/** Opens a client, which closes its connections with the scope. */
export const openClient = (options: S3ObjectStorageOptions): Effect.Effect<S3Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => open(options)),
    (client) => Effect.sync(() => client.destroy()),
  )
