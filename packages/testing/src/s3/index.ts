// An S3 server for tests.
export type { S3Fault, S3FaultRule, S3Faults, S3Operation } from "./S3Faults.ts"
export { type S3Server, type S3ServerOptions, startS3Server } from "./S3Server.ts"
export type { S3Object, S3Store } from "./S3Store.ts"
