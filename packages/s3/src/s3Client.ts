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

/** Says in each request that its body is not signed, before the signature is made. */
const leavePayloadUnsigned = (client: S3Client): void =>
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args
      // The SDK's type of a request is unknown here; every request of HTTP has headers.
      const { headers } = request as { readonly headers: Record<string, string> }
      headers["x-amz-content-sha256"] ??= "UNSIGNED-PAYLOAD"
      return next(args)
    },
    { step: "build", name: "leavePayloadUnsigned", priority: "low" },
  )

const open = (options: S3ObjectStorageOptions): S3Client => {
  const client = new S3Client(configOf(options))
  const isPlain = options.endpoint?.toLowerCase().startsWith("http:") ?? false
  if (!(options.signPayload ?? isPlain)) leavePayloadUnsigned(client)
  return client
}

/** Opens a client, which closes its connections with the scope. */
export const openClient = (options: S3ObjectStorageOptions): Effect.Effect<S3Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => open(options)),
    (client) => Effect.sync(() => client.destroy()),
  )
