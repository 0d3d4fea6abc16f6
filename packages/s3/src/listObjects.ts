/** A listing, page by page. */
import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import { type BackendError, type ListedObject, storageError } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { nameOfS3Key, s3PrefixOf } from "./objectName.ts"
import type { S3Calls } from "./S3Calls.ts"
import { toBackendError } from "./s3Error.ts"

/** A key of a listing that was asked for in URL encoding, which a store may ignore. */
const decodeKey = (key: string, isEncoded: boolean): string => {
  if (!isEncoded) return key
  try {
    return decodeURIComponent(key.replaceAll("+", "%20"))
  } catch {
    return key
  }
}

const entriesOf = (page: ListObjectsV2CommandOutput, prefix: string, namePrefix: string): Array<ListedObject> =>
  (page.Contents ?? []).flatMap(({ Key, Size }) => {
    const name = Key === undefined ? undefined : nameOfS3Key(prefix, decodeKey(Key, page.EncodingType === "url"))
    return name?.startsWith(namePrefix) === true ? [{ name, sizeBytes: Size }] : []
  })

/** Whether an answer has anything that only a listing has: what stands between may answer with a page of its own, as if all were well. */
const isListing = ({ Contents, IsTruncated, KeyCount, MaxKeys, Name }: ListObjectsV2CommandOutput): boolean =>
  [Contents, IsTruncated, KeyCount, MaxKeys, Name].some((field) => field !== undefined)

/** Where the next page begins, if there is one. A page that goes on without saying where must not pass for the last. */
const nextOf = (
  page: ListObjectsV2CommandOutput,
  token: string | undefined,
): Effect.Effect<Option.Option<string>, BackendError> => {
  if (!isListing(page)) return Effect.fail(storageError("list", "Protocol", "the answer is no listing"))
  if (page.IsTruncated !== true) return Effect.succeedNone
  const next = page.NextContinuationToken
  return next === undefined || next === token
    ? Effect.fail(storageError("list", "Protocol", "the store says that a listing goes on, and not where"))
    : Effect.succeedSome(next)
}

/** Lists the names with a prefix, in pages of the store's size (1,000). */
export const listObjects = (
  calls: S3Calls,
  prefix: string,
  namePrefix: string,
): Stream.Stream<ListedObject, BackendError> =>
  Stream.paginate<string | undefined, ListedObject, BackendError>(undefined, (token) =>
    calls.list(s3PrefixOf(prefix, namePrefix), token).pipe(
      Effect.mapError(({ failure }) => toBackendError("list", failure)),
      Effect.flatMap((page) =>
        Effect.map(nextOf(page, token), (next) => [entriesOf(page, prefix, namePrefix), next] as const),
      ),
    ),
  )
