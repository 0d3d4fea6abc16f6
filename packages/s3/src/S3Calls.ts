/** The calls of S3 that the storage makes, each one Effect: signal passed on, failures told apart. */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { failureOf, type S3Failure } from "./classify.ts"
import { sayDigest, sayPayload } from "./sayPayload.ts"

/** A call failed. Turned into the port's errors by `toBackendError`. */
export class S3CallFailed extends Data.TaggedError("S3CallFailed")<{ readonly failure: S3Failure }> {}

type Call<A> = Effect.Effect<A, S3CallFailed>

/** How an object is written. */
export interface WriteOptions {
  readonly metadata: Record<string, string>
  readonly createOnly: boolean
  /** The SHA-256 of the body, where it is known. */
  readonly sha256?: string
}

/** A multipart upload that was begun. */
export interface UploadRef {
  readonly key: string
  readonly uploadId: string
}

/** The calls on one bucket. */
export interface S3Calls {
  readonly put: (key: string, body: Uint8Array, options: WriteOptions) => Call<unknown>
  readonly get: (key: string, options: { range?: string; ifMatch?: string }) => Call<GetObjectCommandOutput>
  readonly head: (key: string) => Call<HeadObjectCommandOutput>
  readonly headBucket: Call<unknown>
  readonly delete: (key: string) => Call<unknown>
  readonly list: (prefix: string, token: string | undefined) => Call<ListObjectsV2CommandOutput>
  readonly createUpload: (key: string, metadata: Record<string, string>) => Call<UploadRef>
  readonly putPart: (upload: UploadRef, partNumber: number, body: Uint8Array) => Call<CompletedPart>
  readonly completeUpload: (
    upload: UploadRef,
    parts: ReadonlyArray<CompletedPart>,
    createOnly: boolean,
  ) => Call<unknown>
  readonly abortUpload: (upload: UploadRef) => Call<unknown>
}

/** Whether a call was refused for this machine's clock, and the SDK goes by the store's from now on: it would repeat the call. */
const hasSetClock = (thrown: unknown): boolean => {
  const metadata: unknown = thrown instanceof Error ? Reflect.get(thrown, "$metadata") : undefined
  return typeof metadata === "object" && metadata !== null && Reflect.get(metadata, "clockSkewCorrected") === true
}

const call = <A>(run: (signal: AbortSignal) => Promise<A>): Call<A> => {
  const once = Effect.tryPromise({ try: run, catch: (thrown) => thrown })
  return once.pipe(
    Effect.catch((thrown) => (hasSetClock(thrown) ? once : Effect.fail(thrown))),
    Effect.mapError((thrown) => new S3CallFailed({ failure: failureOf(thrown) })),
  )
}

const missing = (what: string): S3CallFailed =>
  new S3CallFailed({ failure: { code: "MalformedAnswer", status: 200, message: `the answer has no ${what}` } })

const onlyNew = (createOnly: boolean) => (createOnly ? { IfNoneMatch: "*" } : {})

/** Binds the calls to a bucket. */
export const makeCalls = (client: S3Client, bucket: string): S3Calls => {
  const at = (key: string) => ({ Bucket: bucket, Key: key })
  const ref = (upload: UploadRef) => ({ ...at(upload.key), UploadId: upload.uploadId })
  return {
    put: (key, body, { createOnly, metadata, sha256 }) =>
      call((abortSignal) => {
        const put = new PutObjectCommand({ ...at(key), Body: body, Metadata: metadata, ...onlyNew(createOnly) })
        if (sha256 !== undefined) put.middlewareStack.add(sayPayload(sayDigest(sha256)), { step: "build" })
        return client.send(put, { abortSignal })
      }),
    get: (key, { ifMatch, range }) => {
      const conditions = {
        ...(range === undefined ? {} : { Range: range }),
        ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
      }
      return call((abortSignal) => client.send(new GetObjectCommand({ ...at(key), ...conditions }), { abortSignal }))
    },
    head: (key) => call((abortSignal) => client.send(new HeadObjectCommand(at(key)), { abortSignal })),
    headBucket: call((abortSignal) => client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal })),
    delete: (key) => call((abortSignal) => client.send(new DeleteObjectCommand(at(key)), { abortSignal })),
    list: (prefix, token) => {
      const from = token === undefined ? {} : { ContinuationToken: token }
      // XML can't hold every character that a key can.
      const input = { Bucket: bucket, Prefix: prefix, EncodingType: "url" as const, ...from }
      return call((abortSignal) => client.send(new ListObjectsV2Command(input), { abortSignal }))
    },
    createUpload: (key, metadata) =>
      Effect.flatMap(
        call((abortSignal) =>
          client.send(new CreateMultipartUploadCommand({ ...at(key), Metadata: metadata }), { abortSignal }),
        ),
        ({ UploadId: uploadId }) =>
          uploadId === undefined ? Effect.fail(missing("UploadId")) : Effect.succeed({ key, uploadId }),
      ),
    putPart: (upload, partNumber, body) =>
      Effect.flatMap(
        call((abortSignal) =>
          client.send(new UploadPartCommand({ ...ref(upload), PartNumber: partNumber, Body: body }), { abortSignal }),
        ),
        ({ $metadata, ETag, ...checksums }) =>
          ETag === undefined
            ? Effect.fail(missing("ETag"))
            : Effect.succeed({ ...partChecksums(checksums), ETag, PartNumber: partNumber }),
      ),
    completeUpload: (upload, parts, createOnly) =>
      call((abortSignal) =>
        client.send(
          new CompleteMultipartUploadCommand({
            ...ref(upload),
            MultipartUpload: { Parts: [...parts] },
            ...onlyNew(createOnly),
          }),
          { abortSignal },
        ),
      ),
    abortUpload: (upload) =>
      call((abortSignal) => client.send(new AbortMultipartUploadCommand(ref(upload)), { abortSignal })),
  }
}

/** The checksums of a part, which must be repeated when the upload is completed. */
const partChecksums = (answer: Omit<CompletedPart, "ETag" | "PartNumber">): CompletedPart => ({
  ...(answer.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: answer.ChecksumCRC32 }),
  ...(answer.ChecksumCRC32C === undefined ? {} : { ChecksumCRC32C: answer.ChecksumCRC32C }),
  ...(answer.ChecksumCRC64NVME === undefined ? {} : { ChecksumCRC64NVME: answer.ChecksumCRC64NVME }),
})
