// The public surface, listed by hand.
export { classifyS3, failureOf, type S3Failure } from "./classify.ts"
export * as S3ObjectStorage from "./S3ObjectStorage.ts"
export type { S3Credentials, S3ObjectStorageOptions } from "./S3Options.ts"
