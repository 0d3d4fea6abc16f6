/** How connections to SQL instances behave. Every default is a bound; nothing waits for ever. */
import { defaultChunkTimes, type InvalidArgument, OptionRules } from "@framedb/core"
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type { TiDBTlsOptions, TlsMode } from "./TiDBTlsOptions.ts"

/** What can be set; each has a default. */
export interface TiDBOptions {
  /** The most connections of one instance, in all. Default: 16. */
  readonly maxConnections?: number
  /** The most calls that wait for a connection; one more fails with `Overloaded` at once. Default: 4,096. */
  readonly maxWaiting?: number
  /** How long a call waits for a connection before it fails with `Timeout`, in milliseconds. Default: 5,000. */
  readonly acquireTimeoutMillis?: number
  /** How long a new connection, with TLS and login, may take, in milliseconds. Default: 5,000. */
  readonly connectTimeoutMillis?: number
  /**
   * How long a statement may take before it fails with `Timeout` and its connection is closed, in milliseconds. A row that
   * is locked is waited for one second less, so that a lock costs no connection. Default: 10,000.
   */
  readonly statementTimeoutMillis?: number
  /** After how much rest a connection is closed, in milliseconds. Default: 60,000. */
  readonly idleTimeoutMillis?: number
  /**
   * The most prepared statements that a connection holds on the server, whose total is 16,382. Default: 64: the shapes of
   * all batches are fewer.
   */
  readonly maxPreparedStatements?: number
  /** The most keys of one batch, at most 1,024; copies of many objects take four times as many at once. Default: 64. */
  readonly batchKeys?: number
  /** The most bytes that one batch writes; the server's `max_allowed_packet` may lower it. Default: 1 MiB. */
  readonly batchBytes?: number
  /** How many batches at once are best. Default: 4. */
  readonly batchesInFlight?: number
  /** How long the chunks of a large object that is being written outlive their writer's last word, in milliseconds. Default: 600,000. */
  readonly chunkLeaseMillis?: number
  /** How long the chunks of a large object that was replaced or removed stay for its readers, in milliseconds. Default: 600,000. */
  readonly chunkGraceMillis?: number
  /** TLS; an instance's URL may ask for more than this, never for less. Default: as the URL says, else none. */
  readonly tls?: TiDBTlsOptions
}

/** Options with every default filled in. */
export interface Settings extends Required<Omit<TiDBOptions, "tls">> {
  readonly tls: TiDBTlsOptions | undefined
}

const KiB = 1024

/** The most keys of one statement: two placeholders an entry, three for a replacement: 1,024 entries stay far below the protocol's 65,535. */
export const maxBatchKeys = 1024

/** What the server gives to all connections together. */
const maxPreparedStatements = 16_382

const tlsModes: ReadonlyArray<TlsMode> = ["disabled", "preferred", "required", "verifyCa", "verifyIdentity"]

const tlsRules: OptionRules.Rules<TiDBTlsOptions> = {
  mode: OptionRules.oneOf(...tlsModes),
  ca: OptionRules.text,
  cert: OptionRules.text,
  key: OptionRules.secret,
}

const rules: OptionRules.Rules<TiDBOptions> = {
  maxConnections: OptionRules.wholeNumber(1),
  maxWaiting: OptionRules.wholeNumber(1),
  acquireTimeoutMillis: OptionRules.waitMillis,
  connectTimeoutMillis: OptionRules.waitMillis,
  statementTimeoutMillis: OptionRules.waitMillis,
  idleTimeoutMillis: OptionRules.waitMillis,
  maxPreparedStatements: OptionRules.wholeNumber(1, maxPreparedStatements),
  batchKeys: OptionRules.wholeNumber(1, maxBatchKeys),
  batchBytes: OptionRules.wholeNumber(1),
  batchesInFlight: OptionRules.wholeNumber(1),
  chunkLeaseMillis: OptionRules.wholeNumber(1),
  chunkGraceMillis: OptionRules.wholeNumber(1),
  tls: tlsRules,
}

/** The error to fail with where an option can't be used. Its name is as `nameOf` writes it. */
export const problemOfOptions = (
  options: TiDBOptions,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => OptionRules.problemOf(options, rules, nameOf)

/** Fills in the defaults. */
export const settingsOf = (options: TiDBOptions): Settings => ({
  maxConnections: options.maxConnections ?? 16,
  maxWaiting: options.maxWaiting ?? 4096,
  acquireTimeoutMillis: options.acquireTimeoutMillis ?? 5000,
  connectTimeoutMillis: options.connectTimeoutMillis ?? 5000,
  statementTimeoutMillis: options.statementTimeoutMillis ?? 10_000,
  idleTimeoutMillis: options.idleTimeoutMillis ?? 60_000,
  maxPreparedStatements: options.maxPreparedStatements ?? 64,
  batchKeys: options.batchKeys ?? 64,
  batchBytes: options.batchBytes ?? KiB * KiB,
  batchesInFlight: options.batchesInFlight ?? 4,
  chunkLeaseMillis: options.chunkLeaseMillis ?? defaultChunkTimes.leaseMillis,
  chunkGraceMillis: options.chunkGraceMillis ?? defaultChunkTimes.graceMillis,
  tls: options.tls,
})

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(config), Option.getOrUndefined)

const integer = (name: string) => optional(Config.Int(`FRAMEDB_TIDB_${name}`))

const tls = Config.map(
  Config.all({
    mode: optional(Config.Literals(tlsModes, "FRAMEDB_TIDB_TLS_MODE")),
    ca: optional(Config.String("FRAMEDB_TIDB_TLS_CA")),
    cert: optional(Config.String("FRAMEDB_TIDB_TLS_CERT")),
    key: optional(Config.Redacted("FRAMEDB_TIDB_TLS_KEY")),
  }),
  withoutUndefined,
)

/** The options from `FRAMEDB_TIDB_MAX_CONNECTIONS`, `FRAMEDB_TIDB_STATEMENT_TIMEOUT_MILLIS` and so on, one for each. */
export const optionsConfig: Config.Config<TiDBOptions> = Config.map(
  Config.all({
    maxConnections: integer("MAX_CONNECTIONS"),
    maxWaiting: integer("MAX_WAITING"),
    acquireTimeoutMillis: integer("ACQUIRE_TIMEOUT_MILLIS"),
    connectTimeoutMillis: integer("CONNECT_TIMEOUT_MILLIS"),
    statementTimeoutMillis: integer("STATEMENT_TIMEOUT_MILLIS"),
    idleTimeoutMillis: integer("IDLE_TIMEOUT_MILLIS"),
    maxPreparedStatements: integer("MAX_PREPARED_STATEMENTS"),
    batchKeys: integer("BATCH_KEYS"),
    batchBytes: integer("BATCH_BYTES"),
    batchesInFlight: integer("BATCHES_IN_FLIGHT"),
    chunkLeaseMillis: integer("CHUNK_LEASE_MILLIS"),
    chunkGraceMillis: integer("CHUNK_GRACE_MILLIS"),
    tls: Config.map(tls, (settings) => (Object.keys(settings).length === 0 ? undefined : settings)),
  }),
  withoutUndefined,
)

/** What a record is without the fields that are not set, as `exactOptionalPropertyTypes` wants it. */
type Defined<A> = { [K in keyof A]?: Exclude<A[K], undefined> }

function withoutUndefined<A extends object>(record: A): Defined<A> {
  // Holds because what is dropped is exactly what the result type leaves out.
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<A>
}
