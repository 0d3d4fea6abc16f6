/** The SDK's client, set on purpose: no retries of its own, deadlines that are kept, secrets opened only here. */
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { S3Credentials, S3ObjectStorageOptions } from "./S3Options.ts"
import { digestsAside, leaveUnsigned, sayPayload } from "./sayPayload.ts"

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

const open = (options: S3ObjectStorageOptions): S3Client => {
  const client = new S3Client(configOf(options))
  const isPlain = options.endpoint?.toLowerCase().startsWith("http:") ?? false
  const say = (options.signPayload ?? isPlain) ? digestsAside() : leaveUnsigned
  // After what a command says of its own body.
  client.middlewareStack.add(sayPayload(say), { step: "build", priority: "low" })
  return client
}

/** Opens a client, which closes its connections with the scope. */
export const openClient = (options: S3ObjectStorageOptions): Effect.Effect<S3Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => open(options)),
    (client) => Effect.sync(() => client.destroy()),
  )
