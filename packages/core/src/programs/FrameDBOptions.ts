/** The options of the programs, whatever the backends. Every one has a default. */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import { problemOf, type Rules, text, waitMillis, wholeNumber } from "../errors/OptionRules.ts"

/** The options, complete. */
export interface FrameDBOptions {
  /** The cluster that this client runs in: its instances are reached by their local URLs, and its copies are read first. No default. */
  readonly clusterId: string | undefined
  /** The most instances open at once. Default 32. */
  readonly connectionCacheSize: number
  /** How long the registry's word on an instance is believed, in milliseconds. Default 60,000. */
  readonly instanceCacheMillis: number
  /** The most routes remembered. A route takes some 300 bytes and its metadata. Default 100,000; 0 remembers none. */
  readonly routeCacheEntries: number
  /** How long a route is believed, in milliseconds. Default 30,000. */
  readonly routeCacheMillis: number
  /**
   * How long a route is believed by a write that would keep it as it is, in milliseconds. Beyond it the routing service is asked
   * after the bytes are written; a write fails, as one that may have been applied, where that can't be asked. Within it another
   * client may have moved the object and left its old bytes: what is written over those is lost. Or it may have overwritten an
   * object that has copies, and rewritten those: they keep that until the object is set again, and are what clients near them
   * read. `createBackup` outwaits this, an overwrite does not. Default 1,000; 0 always asks.
   */
  readonly routeConfirmMillis: number
  /**
   * How long a new copy of an object is watched before `createBackup` ends, in milliseconds: as long as other clients may
   * overwrite the object without looking at its route, which is their `routeConfirmMillis`. Default 1,000; 0 where no other
   * client writes.
   */
  readonly copySettleMillis: number
  /** How long a call may wait for its turn behind others, in milliseconds, before it fails as `Overloaded`. Default 10,000. */
  readonly maxWaitMillis: number
  /** How often a failed attempt that may succeed later is repeated. Default 3; 0 never repeats. */
  readonly retries: number
  /** The pause before the first repetition, in milliseconds; each further one is twice as long, all with jitter. Default 50. */
  readonly retryDelayMillis: number
  /** No repetition begins later than this many milliseconds after the call. Default 10,000. */
  readonly retryBudgetMillis: number
  /** The largest object that is loaded or set whole, in bytes. Default 256 MiB. */
  readonly maxObjectBytes: number
}

/** The defaults. */
export const defaultOptions: FrameDBOptions = {
  clusterId: undefined,
  connectionCacheSize: 32,
  instanceCacheMillis: 60_000,
  routeCacheEntries: 100_000,
  routeCacheMillis: 30_000,
  routeConfirmMillis: 1_000,
  copySettleMillis: 1_000,
  maxWaitMillis: 10_000,
  retries: 3,
  retryDelayMillis: 50,
  retryBudgetMillis: 10_000,
  maxObjectBytes: 256 * 1024 * 1024,
}

/** The names of all options. */
export const optionNames = Object.keys(defaultOptions) as ReadonlyArray<keyof FrameDBOptions> // Of the record above.

/** What each option may be. */
const rules: Rules<FrameDBOptions> = {
  clusterId: text,
  connectionCacheSize: wholeNumber(1),
  instanceCacheMillis: wholeNumber(0),
  routeCacheEntries: wholeNumber(0),
  routeCacheMillis: wholeNumber(0),
  routeConfirmMillis: wholeNumber(0),
  copySettleMillis: wholeNumber(0),
  maxWaitMillis: waitMillis,
  retries: wholeNumber(0),
  retryDelayMillis: wholeNumber(0),
  retryBudgetMillis: wholeNumber(0),
  maxObjectBytes: wholeNumber(1),
}

/** Says which option can't be used, or `undefined` where all can. Its name is as `nameOf` writes it. */
export const problemOfOptions = (
  options: Partial<FrameDBOptions>,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => problemOf(options, rules, nameOf)

const valueOf = (option: Option.Option<string | number>) => Option.getOrUndefined(option)
const integer = (name: string) => Config.option(Config.Int(name))

/**
 * The options that the environment gives: `CLUSTER_ID`, `FRAMEDB_CONNECTION_CACHE_SIZE`, and for every other option
 * `FRAMEDB_` and its name, such as `FRAMEDB_ROUTE_CACHE_MILLIS`.
 */
export const optionsConfig: Config.Config<Partial<FrameDBOptions>> = Config.map(
  Config.all({
    clusterId: Config.option(Config.NonEmptyString("CLUSTER_ID")),
    connectionCacheSize: integer("FRAMEDB_CONNECTION_CACHE_SIZE"),
    instanceCacheMillis: integer("FRAMEDB_INSTANCE_CACHE_MILLIS"),
    routeCacheEntries: integer("FRAMEDB_ROUTE_CACHE_ENTRIES"),
    routeCacheMillis: integer("FRAMEDB_ROUTE_CACHE_MILLIS"),
    routeConfirmMillis: integer("FRAMEDB_ROUTE_CONFIRM_MILLIS"),
    copySettleMillis: integer("FRAMEDB_COPY_SETTLE_MILLIS"),
    maxWaitMillis: integer("FRAMEDB_MAX_WAIT_MILLIS"),
    retries: integer("FRAMEDB_RETRIES"),
    retryDelayMillis: integer("FRAMEDB_RETRY_DELAY_MILLIS"),
    retryBudgetMillis: integer("FRAMEDB_RETRY_BUDGET_MILLIS"),
    maxObjectBytes: integer("FRAMEDB_MAX_OBJECT_BYTES"),
  }),
  (found) => Object.fromEntries(Object.entries(found).map(([name, value]) => [name, valueOf(value)])),
)
