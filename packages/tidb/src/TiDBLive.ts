/** Opens TiDB, MySQL and MariaDB instances over mysql2. */
import {
  BackendError,
  backendReason,
  type Instance,
  type InvalidArgument,
  OptionRules,
  TiDBBackend,
} from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlChunkStore from "./chunks/SqlChunkStore.ts"
import { openDatabase, type Target } from "./openDatabase.ts"
import { operations } from "./operations.ts"
import * as SqlObjectStore from "./SqlObjectStore.ts"
import { parseSqlUrl } from "./SqlUrl.ts"
import { limitsOf } from "./storeRules.ts"
import { openTable } from "./Table.ts"
import { optionsConfig, problemOfOptions, settingsOf, type TiDBOptions } from "./TiDBOptions.ts"
import { driverTls, joinTls } from "./TiDBTlsOptions.ts"

/**
 * Makes the backend; nothing is connected before `open`, which fails for options that can't be used, and is ready or has failed after `connectTimeoutMillis` and
 * `statementTimeoutMillis` together.
 */
export const make = (options: TiDBOptions = {}): TiDBBackend["Service"] => {
  const settings = settingsOf(options)
  return {
    open: Effect.fnUntraced(function* (instance: Instance) {
      const problem = problemOfOptions(options)
      if (problem !== undefined) return yield* problem
      const address = yield* Effect.fromResult(parseSqlUrl(instance.url))
      const tls = yield* driverTls(joinTls(address.tls, settings.tls))
      const target = { address, tls, settings, instance: instance.framedbId }
      return yield* Effect.timeoutOrElse(connect(target), {
        duration: settings.connectTimeoutMillis + settings.statementTimeoutMillis,
        orElse: () => Effect.fail(timeout(target)),
      })
    }),
  }
}

const connect = Effect.fnUntraced(function* (target: Target) {
  const client = yield* openDatabase(target)
  const table = yield* openTable(client)
  const limits = limitsOf(target.settings, table)
  const { chunkLeaseMillis: leaseMillis, chunkGraceMillis: graceMillis } = target.settings
  const chunks = SqlChunkStore.make({ client, table, limits, times: { leaseMillis, graceMillis } })
  return {
    objects: SqlObjectStore.make(client, table, limits, chunks),
    chunks,
    ping: client.run(operations.ping, "SELECT 1", [], () => undefined),
  }
})

const timeout = ({ instance, settings }: Target): BackendError => {
  const { connectTimeoutMillis, statementTimeoutMillis } = settings
  const message = `the instance was not ready after ${connectTimeoutMillis + statementTimeoutMillis} ms`
  const reason = backendReason("Timeout", message)
  return new BackendError({ backend: "sql", operation: operations.open.name, instance, reason, maybeApplied: false })
}

const checked = (options: TiDBOptions, nameOf?: (name: string) => string) =>
  Effect.suspend(() => {
    const problem = problemOfOptions(options, nameOf)
    return problem === undefined ? Effect.succeed(make(options)) : Effect.fail(problem)
  })

/** Provides the backend. Fails for options that can't be used. */
export const layer = (options: TiDBOptions = {}): Layer.Layer<TiDBBackend, InvalidArgument> =>
  Layer.effect(TiDBBackend, checked(options))

/** Provides the backend with options from the environment: `FRAMEDB_TIDB_MAX_CONNECTIONS` and so on, one for each. */
export const layerConfig: Layer.Layer<TiDBBackend, InvalidArgument | Config.ConfigError> = Layer.effect(
  TiDBBackend,
  Effect.flatMap(optionsConfig, (options) => checked(options, OptionRules.variableOf("FRAMEDB_TIDB_"))),
)
