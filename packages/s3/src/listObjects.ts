/** A listing, page by page. */
import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import type { BackendError, ListedObject } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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

/** Lists the names with a prefix, in pages of the store's size (1,000). */
export const listObjects = (
  calls: S3Calls,
  prefix: string,
  namePrefix: string,
): Stream.Stream<ListedObject, BackendError> =>
  Stream.paginate<string | undefined, ListedObject, BackendError>(undefined, (token) =>
    calls.list(s3PrefixOf(prefix, namePrefix), token).pipe(
      Effect.mapError(({ failure }) => toBackendError("list", failure)),
      Effect.map((page) => {
        const next = page.IsTruncated === true ? page.NextContinuationToken : undefined
        return [entriesOf(page, prefix, namePrefix), Option.fromUndefinedOr(next)] as const
      }),
    ),
  )
