/** Object storage in a bucket of S3, or of a store that speaks like it. */
import {
  type BackendError,
  checkPut,
  InvalidArgument,
  ObjectStorage,
  type ObjectStorageService,
  OptionRules,
  problemOfStorageName,
  type StorageCapabilities,
  type StoragePutOptions,
  type StoredInfo,
  storageError,
} from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { decodeAttributes, encodeAttributes, maxS3AttributeBytes, reservedAttributeBytes } from "./attributes.ts"
import { saysInvalidRange, saysNoSuchKey, saysNotFound } from "./classify.ts"
import { openDownload } from "./download.ts"
import { listObjects } from "./listObjects.ts"
import { s3KeyOf } from "./objectName.ts"
import { makeCalls, type S3CallFailed, type S3Calls } from "./S3Calls.ts"
import { problemOfOptions, type S3ObjectStorageOptions, type S3Settings, settingsOf } from "./S3Options.ts"
import { openClient } from "./s3Client.ts"
import { toBackendError } from "./s3Error.ts"
import { s3OptionsConfig } from "./s3OptionsConfig.ts"
import { putBuffer, putStream, putWhole, type UploadRequest } from "./upload.ts"

const maxS3KeyBytes = 1024

const maxAttributeBytes = maxS3AttributeBytes - reservedAttributeBytes

const capabilitiesOf = ({ createOnly, prefix }: S3Settings): StorageCapabilities => ({
  nameBytes: maxS3KeyBytes - Buffer.byteLength(prefix),
  attributeBytes: maxAttributeBytes,
  createOnly,
  stat: true,
  list: true,
  delete: true,
  ranges: true,
  streams: true,
})

/** Whole bytes up to this size go in one request: it is faster than parts, and the caller can repeat it. */
const maxWholeBytes = 32 * 1024 * 1024

const checked = (settings: S3Settings, name: string, options: StoragePutOptions | undefined) =>
  Effect.andThen(
    checkPut(name, options, capabilitiesOf(settings)),
    Effect.suspend((): Effect.Effect<UploadRequest, InvalidArgument> => {
      const key = s3KeyOf(settings.prefix, name)
      if (Buffer.byteLength(key) > maxS3KeyBytes) {
        const message = `with the prefix and as S3 writes it, the name has over ${maxS3KeyBytes} bytes`
        return Effect.fail(new InvalidArgument({ argument: "name", message }))
      }
      const metadata = encodeAttributes(options?.attributes ?? {})
      const bytes = Object.entries(metadata).reduce((sum, [label, value]) => sum + label.length + value.length, 0)
      if (bytes > maxAttributeBytes) {
        const message = `in ASCII the attributes take ${bytes} bytes, S3 has room for ${maxAttributeBytes}`
        return Effect.fail(new InvalidArgument({ argument: "attributes", message }))
      }
      const { createOnly = false, sha256, sizeBytes } = options ?? {}
      return Effect.succeed({ key, metadata, createOnly, sizeBytes, ...(sha256 === undefined ? {} : { sha256 }) })
    }),
  )

/** Tells "no such object" from "no such bucket", which some answers leave open. */
const absentUnlessNoBucket = (
  calls: S3Calls,
  operation: string,
  error: S3CallFailed,
): Effect.Effect<Option.Option<never>, BackendError> => {
  if (saysNoSuchKey(error.failure)) return Effect.succeedNone
  if (!saysNotFound(error.failure)) return Effect.fail(toBackendError(operation, error.failure))
  return Effect.matchEffect(calls.headBucket, {
    onSuccess: () => Effect.succeedNone,
    onFailure: ({ failure }) =>
      saysNotFound(failure)
        ? Effect.fail(
            toBackendError(operation, { code: "NoSuchBucket", status: 404, message: "there is no such bucket" }),
          )
        : // Not being allowed to ask for the bucket does not make the object's 404 less true.
          Effect.succeedNone,
  })
}

const makeStat =
  (calls: S3Calls, settings: S3Settings) =>
  (name: string): Effect.Effect<Option.Option<StoredInfo>, BackendError> =>
    problemOfStorageName(name) !== undefined
      ? Effect.succeedNone
      : Effect.matchEffect(calls.head(s3KeyOf(settings.prefix, name)), {
          onSuccess: ({ ContentLength: sizeBytes, Metadata }) =>
            sizeBytes === undefined
              ? Effect.fail(storageError("stat", "Protocol", "the answer says no length"))
              : Effect.succeed(Option.some({ name, sizeBytes, attributes: decodeAttributes(Metadata) })),
          onFailure: (error) => absentUnlessNoBucket(calls, "stat", error),
        })

const makeGet = (calls: S3Calls, settings: S3Settings): ObjectStorageService["get"] => {
  const stat = makeStat(calls, settings)
  const empty = (name: string) =>
    Effect.map(stat(name), (found) => Option.map(found, (info) => ({ info, body: Stream.empty })))
  return (name, range) => {
    if (problemOfStorageName(name) !== undefined) return Effect.succeedNone
    if (range?.length === 0) return empty(name)
    return openDownload(calls, settings, s3KeyOf(settings.prefix, name), range).pipe(
      Effect.map(({ body, metadata, sizeBytes }) =>
        Option.some({ info: { name, sizeBytes, attributes: decodeAttributes(metadata) }, body }),
      ),
      Effect.catchTag("S3CallFailed", (error) =>
        saysInvalidRange(error.failure) ? empty(name) : absentUnlessNoBucket(calls, "get", error),
      ),
    )
  }
}

/**
 * Opens a bucket as a storage. Nothing is sent until it is used; connections close with the scope. Fails for options that can't be
 * used, which the error calls as `nameOf` does.
 */
export const make = Effect.fnUntraced(function* (
  options: S3ObjectStorageOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<ObjectStorageService, InvalidArgument, Scope.Scope> {
  const problem = problemOfOptions(options, nameOf)
  if (problem !== undefined) return yield* problem
  const calls = makeCalls(yield* openClient(options), options.bucket)
  const settings = settingsOf(options)
  return {
    capabilities: capabilitiesOf(settings),
    put: Effect.fnUntraced(function* (name, body, put) {
      const request = yield* checked(settings, name, put)
      if (!(body instanceof Uint8Array)) return yield* putStream(calls, settings, body, request)
      return yield* body.byteLength <= maxWholeBytes
        ? putWhole(calls, body, request)
        : putBuffer(calls, settings, body, request)
    }),
    get: makeGet(calls, settings),
    stat: makeStat(calls, settings),
    delete: (name) =>
      Effect.matchEffect(calls.delete(s3KeyOf(settings.prefix, name)), {
        onSuccess: () => Effect.void,
        onFailure: (error) =>
          saysNoSuchKey(error.failure) ? Effect.void : Effect.fail(toBackendError("delete", error.failure)),
      }),
    list: (prefix) => listObjects(calls, settings.prefix, prefix),
  }
})

/** Provides a bucket as the storage. Fails for options that can't be used. */
export const layer = (options: S3ObjectStorageOptions): Layer.Layer<ObjectStorage, InvalidArgument> =>
  Layer.effect(ObjectStorage, make(options))

/** Provides a bucket as the storage, as the environment says: `FRAMEDB_S3_…`, see `s3OptionsConfig`. */
export const layerConfig: Layer.Layer<ObjectStorage, InvalidArgument | Config.ConfigError> = Layer.effect(
  ObjectStorage,
  Effect.flatMap(s3OptionsConfig, (options) => make(options, OptionRules.variableOf("FRAMEDB_S3_"))),
)
