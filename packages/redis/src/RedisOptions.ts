/** What can be set about Redis connections. */
import { defaultChunkTimes, type InvalidArgument, OptionRules } from "@framedb/core"
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"

/**
 * How servers are trusted and how this client proves itself to them. `ca`, `cert` and `key` are PEM texts, or paths of
 * files that hold one.
 */
export interface RedisTlsOptions {
  /** Whether instances are reached with TLS also where their URL does not say `rediss://`. Default: false. */
  readonly required?: boolean
  /** The authorities to trust. Default: those that Node trusts. */
  readonly ca?: string
  /** This client's own certificate, where the server asks for one. */
  readonly cert?: string
  /** The private key of `cert`. */
  readonly key?: Redacted.Redacted<string>
  /** The name that the server's certificate must carry. Default: the URL's host. */
  readonly servername?: string
  /** Whether a server whose certificate can't be verified is refused. Default: true. */
  readonly rejectUnauthorized?: boolean
}

/** What can be set about Redis connections. Addresses and credentials come with each instance's URL. */
export interface RedisOptions {
  /** How long opening, and every later attempt to connect again, may take, in milliseconds. Default: 5,000. */
  readonly connectTimeoutMillis?: number
  /** How long a batch may wait for its answer, in milliseconds. Default: 5,000. */
  readonly commandTimeoutMillis?: number
  /** The wait before the first attempt to connect again, in milliseconds; it doubles with each. Default: 25. */
  readonly reconnectDelayMillis?: number
  /** The longest wait between two attempts to connect again, in milliseconds. Default: 2,000. */
  readonly maxReconnectDelayMillis?: number
  /** How long the chunks of a large object that is being written outlive their writer's last word, in milliseconds. Default: 600,000. */
  readonly chunkLeaseMillis?: number
  /** How long the chunks of a large object that was replaced or removed stay for its readers, in milliseconds. Default: 600,000. */
  readonly chunkGraceMillis?: number
  /** TLS of instances whose URL says `rediss://`, and of the sentinels in front of them. */
  readonly tls?: RedisTlsOptions
  /** The user that sentinels ask for. Default: none. */
  readonly sentinelUsername?: string
  /** The password that sentinels ask for; that of the servers is in the URL. Default: none. */
  readonly sentinelPassword?: Redacted.Redacted<string>
}

/** The options with their defaults filled in. */
export type RedisSettings = RedisOptions &
  Required<
    Pick<
      RedisOptions,
      | "connectTimeoutMillis"
      | "commandTimeoutMillis"
      | "reconnectDelayMillis"
      | "maxReconnectDelayMillis"
      | "chunkLeaseMillis"
      | "chunkGraceMillis"
    >
  >

/** Long enough for a failover's worst moments on a busy server, short enough for someone who waits. */
const defaults = {
  connectTimeoutMillis: 5_000,
  commandTimeoutMillis: 5_000,
  reconnectDelayMillis: 25,
  maxReconnectDelayMillis: 2_000,
}

const tlsRules: OptionRules.Rules<RedisTlsOptions> = {
  required: OptionRules.flag,
  ca: OptionRules.text,
  cert: OptionRules.text,
  key: OptionRules.secret,
  servername: OptionRules.text,
  rejectUnauthorized: OptionRules.flag,
}

const rules: OptionRules.Rules<RedisOptions> = {
  connectTimeoutMillis: OptionRules.waitMillis,
  commandTimeoutMillis: OptionRules.waitMillis,
  reconnectDelayMillis: OptionRules.waitMillis,
  maxReconnectDelayMillis: OptionRules.waitMillis,
  chunkLeaseMillis: OptionRules.wholeNumber(1),
  chunkGraceMillis: OptionRules.wholeNumber(1),
  tls: tlsRules,
  sentinelUsername: OptionRules.anyText,
  sentinelPassword: OptionRules.secret,
}

/** The error to fail with where an option can't be used. Its name is as `nameOf` writes it. */
export const problemOfOptions = (
  options: RedisOptions,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => OptionRules.problemOf(options, rules, nameOf)

/** Fills in the defaults, also of what is `undefined`. */
export const settingsOf = (options: RedisOptions): RedisSettings => ({
  ...options,
  connectTimeoutMillis: options.connectTimeoutMillis ?? defaults.connectTimeoutMillis,
  commandTimeoutMillis: options.commandTimeoutMillis ?? defaults.commandTimeoutMillis,
  reconnectDelayMillis: options.reconnectDelayMillis ?? defaults.reconnectDelayMillis,
  maxReconnectDelayMillis: options.maxReconnectDelayMillis ?? defaults.maxReconnectDelayMillis,
  chunkLeaseMillis: options.chunkLeaseMillis ?? defaultChunkTimes.leaseMillis,
  chunkGraceMillis: options.chunkGraceMillis ?? defaultChunkTimes.graceMillis,
})

const optional = <A>(config: Config.Config<A>) => Config.option(config)

const tlsVariables = Config.all({
  ca: optional(Config.String("FRAMEDB_REDIS_TLS_CA")),
  cert: optional(Config.String("FRAMEDB_REDIS_TLS_CERT")),
  key: optional(Config.Redacted("FRAMEDB_REDIS_TLS_KEY")),
  servername: optional(Config.String("FRAMEDB_REDIS_TLS_SERVERNAME")),
  required: optional(Config.Boolean("FRAMEDB_REDIS_TLS_REQUIRED")),
  rejectUnauthorized: optional(Config.Boolean("FRAMEDB_REDIS_TLS_REJECT_UNAUTHORIZED")),
})

const variables = Config.all({
  connectTimeoutMillis: optional(Config.Int("FRAMEDB_REDIS_CONNECT_TIMEOUT_MILLIS")),
  commandTimeoutMillis: optional(Config.Int("FRAMEDB_REDIS_COMMAND_TIMEOUT_MILLIS")),
  reconnectDelayMillis: optional(Config.Int("FRAMEDB_REDIS_RECONNECT_DELAY_MILLIS")),
  maxReconnectDelayMillis: optional(Config.Int("FRAMEDB_REDIS_MAX_RECONNECT_DELAY_MILLIS")),
  chunkLeaseMillis: optional(Config.Int("FRAMEDB_REDIS_CHUNK_LEASE_MILLIS")),
  chunkGraceMillis: optional(Config.Int("FRAMEDB_REDIS_CHUNK_GRACE_MILLIS")),
  sentinelUsername: optional(Config.String("FRAMEDB_REDIS_SENTINEL_USERNAME")),
  sentinelPassword: optional(Config.Redacted("FRAMEDB_REDIS_SENTINEL_PASSWORD")),
})

type Given<Fields> = { [Name in keyof Fields]?: Fields[Name] extends Option.Option<infer A> ? A : never }

const given = <Fields extends Record<string, Option.Option<unknown>>>(fields: Fields): Given<Fields> =>
  // What is left out of the entries is optional in the type, and each value is what its Option held.
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : [])),
  ) as Given<Fields>

/** The options from the environment: `FRAMEDB_REDIS_CONNECT_TIMEOUT_MILLIS`, `FRAMEDB_REDIS_TLS_CA` and so on, one an option. */
export const optionsConfig: Config.Config<RedisOptions> = Config.map(
  Config.all({ variables, tlsVariables }),
  ({ variables, tlsVariables }) => {
    const tls = given(tlsVariables)
    return { ...given(variables), ...(Object.keys(tls).length === 0 ? {} : { tls }) }
  },
)
