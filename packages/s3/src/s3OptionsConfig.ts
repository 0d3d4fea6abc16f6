/** The options out of the environment. */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type { S3Credentials, S3ObjectStorageOptions } from "./S3Options.ts"

const text = (name: string) => Config.option(Config.NonEmptyString(`FRAMEDB_S3_${name}`))
const flag = (name: string) => Config.option(Config.Boolean(`FRAMEDB_S3_${name}`))
const integer = (name: string) => Config.option(Config.Int(`FRAMEDB_S3_${name}`))
const secret = (name: string) => Config.Redacted(`FRAMEDB_S3_${name}`)

const pairOf = (accessKeyId: string): Config.Config<Option.Option<S3Credentials>> =>
  Config.map(
    Config.all({ secretAccessKey: secret("SECRET_ACCESS_KEY"), sessionToken: Config.option(secret("SESSION_TOKEN")) }),
    ({ secretAccessKey, sessionToken }) =>
      Option.some({
        accessKeyId,
        secretAccessKey,
        ...(Option.isSome(sessionToken) ? { sessionToken: sessionToken.value } : {}),
      }),
  )

/** Keys of FrameDB's own. Where there are none, the AWS provider chain is asked, which reads `AWS_ACCESS_KEY_ID` and much else. */
const credentials: Config.Config<Option.Option<S3Credentials>> = Config.flatMap(text("ACCESS_KEY_ID"), (accessKeyId) =>
  Option.isSome(accessKeyId) ? pairOf(accessKeyId.value) : Config.succeed(Option.none()),
)

type Optional = {
  readonly [Name in keyof S3ObjectStorageOptions as Name extends "bucket" ? never : Name]-?: Config.Config<
    Option.Option<NonNullable<S3ObjectStorageOptions[Name]>>
  >
}

/** One variable for every option: the compiler sees to it that none is forgotten. */
const optional: Optional = {
  prefix: text("PREFIX"),
  region: text("REGION"),
  endpoint: text("ENDPOINT"),
  forcePathStyle: flag("FORCE_PATH_STYLE"),
  credentials,
  checksums: Config.option(Config.Literals(["when-required", "when-supported"], "FRAMEDB_S3_CHECKSUMS")),
  signPayload: flag("SIGN_PAYLOAD"),
  createOnly: flag("CREATE_ONLY"),
  partBytes: integer("PART_BYTES"),
  partsInFlight: integer("PARTS_IN_FLIGHT"),
  maxConnections: integer("MAX_CONNECTIONS"),
  connectTimeoutMillis: integer("CONNECT_TIMEOUT_MILLIS"),
  answerTimeoutMillis: integer("ANSWER_TIMEOUT_MILLIS"),
  idleTimeoutMillis: integer("IDLE_TIMEOUT_MILLIS"),
  attempts: integer("ATTEMPTS"),
}

/**
 * `FRAMEDB_S3_BUCKET`, and for every other option `FRAMEDB_S3_` and its name, such as `FRAMEDB_S3_PART_BYTES`; the credentials are
 * `FRAMEDB_S3_ACCESS_KEY_ID`, `FRAMEDB_S3_SECRET_ACCESS_KEY` and `FRAMEDB_S3_SESSION_TOKEN`.
 */
export const s3OptionsConfig: Config.Config<S3ObjectStorageOptions> = Config.map(
  Config.all({ bucket: Config.NonEmptyString("FRAMEDB_S3_BUCKET"), optional: Config.all(optional) }),
  ({ bucket, optional: found }) => {
    const values: ReadonlyArray<readonly [string, Option.Option<unknown>]> = Object.entries(found)
    const given = values.flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
    // The names and values are those of the record above.
    return { bucket, ...(Object.fromEntries(given) as Omit<S3ObjectStorageOptions, "bucket">) }
  },
)
