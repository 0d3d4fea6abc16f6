import { type InvalidArgument, OptionRules } from "@framedb/core"
import type * as Redacted from "effect/Redacted"

/** A pair of keys, and the token of a session where there is one. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken?: Redacted.Redacted<string>
}

/** Where the bucket is and how it is spoken to. */
export interface S3ObjectStorageOptions {
  /** A bucket that exists: none is ever created. */
  readonly bucket: string
  /** Put before every name, such as `backups/`; empty by default. It counts towards S3's 1,024 bytes of key. */
  readonly prefix?: string
  /** Default: what the AWS configuration says; `us-east-1` with an `endpoint`. */
  readonly region?: string
  /** The URL of a compatible store. Default: AWS. */
  readonly endpoint?: string
  /** Whether the bucket stands in the path rather than in the host's name. Default: true with an `endpoint`. */
  readonly forcePathStyle?: boolean
  /** Default: the AWS provider chain (environment, profiles, SSO, containers, instances). */
  readonly credentials?: S3Credentials
  /**
   * Whether the SDK adds checksums of its own to every request. Default: `when-supported` on AWS; `when-required` with an
   * `endpoint`, since many compatible stores refuse them.
   */
  readonly checksums?: "when-required" | "when-supported"
  /**
   * Whether the signature of a request covers its body, which costs a SHA-256 of every byte sent. Default: only where the
   * `endpoint` is plain HTTP; over TLS the body can't be changed on the way.
   */
  readonly signPayload?: boolean
  /**
   * Whether the store honours `If-None-Match: *`, as AWS does; true by default. One that does not overwrites in silence:
   * with `false` the storage says beforehand that it can't promise `createOnly`.
   */
  readonly createOnly?: boolean
  /** The size of a part of a streamed upload, in bytes: at least 5 MiB, 8 MiB by default. It grows for huge objects. */
  readonly partBytes?: number
  /** How many parts of one upload are in memory and on the way at once; 4 by default. */
  readonly partsInFlight?: number
  /** How many connections are open at once; 64 by default. */
  readonly maxConnections?: number
  /** The longest wait for a connection, in milliseconds; 5,000 by default. */
  readonly connectTimeoutMillis?: number
  /** The longest wait from sending a request to the head of its answer, in milliseconds; 60,000 by default. */
  readonly answerTimeoutMillis?: number
  /** The longest silence in the middle of a body, in milliseconds; 30,000 by default. */
  readonly idleTimeoutMillis?: number
  /**
   * How often a part of an upload is sent, and a broken download resumed without a byte of progress, before giving up;
   * 5 by default. What can be repeated from outside is tried once.
   */
  readonly attempts?: number
}

/** Options with every default filled in. */
export interface S3Settings {
  readonly prefix: string
  readonly createOnly: boolean
  readonly partBytes: number
  readonly partsInFlight: number
  readonly idleTimeoutMillis: number
  readonly attempts: number
}

/** S3's bound on a part that is not the last. */
const minimumPartBytes = 5 * 1024 * 1024

/** S3 takes no more parts of one upload. */
const maxParts = 10_000

/** S3's bound on any part. */
const maxPartBytes = 5 * 1024 ** 3

const credentialRules: OptionRules.Rules<S3Credentials> = {
  accessKeyId: OptionRules.required(OptionRules.text),
  secretAccessKey: OptionRules.required(OptionRules.secret),
  sessionToken: OptionRules.secret,
}

const rules: OptionRules.Rules<S3ObjectStorageOptions> = {
  bucket: OptionRules.required(OptionRules.text),
  prefix: OptionRules.anyText,
  region: OptionRules.text,
  endpoint: OptionRules.text,
  forcePathStyle: OptionRules.flag,
  credentials: credentialRules,
  checksums: OptionRules.oneOf("when-required", "when-supported"),
  signPayload: OptionRules.flag,
  createOnly: OptionRules.flag,
  partBytes: OptionRules.wholeNumber(minimumPartBytes, maxPartBytes),
  partsInFlight: OptionRules.wholeNumber(1, maxParts),
  maxConnections: OptionRules.wholeNumber(1),
  connectTimeoutMillis: OptionRules.waitMillis,
  answerTimeoutMillis: OptionRules.waitMillis,
  idleTimeoutMillis: OptionRules.waitMillis,
  attempts: OptionRules.wholeNumber(1),
}

/** The error to fail with where an option can't be used. Its name is as `nameOf` writes it. */
export const problemOfOptions = (
  options: S3ObjectStorageOptions,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => OptionRules.problemOf(options, rules, nameOf)

/** Fills the defaults in. */
export const settingsOf = (options: S3ObjectStorageOptions): S3Settings => ({
  prefix: options.prefix ?? "",
  createOnly: options.createOnly ?? true,
  partBytes: options.partBytes ?? 8 * 1024 * 1024,
  partsInFlight: options.partsInFlight ?? 4,
  idleTimeoutMillis: options.idleTimeoutMillis ?? 30_000,
  attempts: options.attempts ?? 5,
})
