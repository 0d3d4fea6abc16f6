/** Opens TiDB, MySQL and MariaDB instances over mysql2. */
import { type Instance, InvalidArgument, TiDBBackend } from "@framedb/core"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { openDatabase } from "./openDatabase.ts"
import { operations } from "./operations.ts"
import * as SqlObjectStore from "./SqlObjectStore.ts"
import { parseSqlUrl } from "./SqlUrl.ts"
import { limitsOf } from "./storeRules.ts"
import { openTable } from "./Table.ts"
import { optionsConfig, problemOfSettings, settingsOf, type TiDBOptions } from "./TiDBOptions.ts"
import { driverTls, joinTls } from "./TlsSettings.ts"

/** Makes the backend; nothing is connected before `open`. */
export const make = (options: TiDBOptions = {}): TiDBBackend["Service"] => {
  const settings = settingsOf(options)
  return {
    open: Effect.fnUntraced(function* (instance: Instance) {
      const wrong = problemOfSettings(settings)
      if (wrong !== undefined) return yield* new InvalidArgument({ argument: wrong.name, message: wrong.problem })
      const address = yield* Effect.fromResult(parseSqlUrl(instance.url))
      const tls = yield* driverTls(joinTls(address.tls, settings.tls))
      const client = yield* openDatabase({ address, tls, settings, instance: instance.framedbId })
      const table = yield* openTable(client)
      return {
        objects: SqlObjectStore.make(client, table, limitsOf(settings, table)),
        ping: client.run(operations.ping, "SELECT 1", [], () => undefined),
      }
    }),
  }
}

/** Provides the backend. */
export const layer = (options: TiDBOptions = {}): Layer.Layer<TiDBBackend> =>
  Layer.sync(TiDBBackend, () => make(options))

/** Provides the backend with options from the environment: `FRAMEDB_TIDB_MAX_CONNECTIONS` and so on, one for each. */
export const layerConfig: Layer.Layer<TiDBBackend, Config.ConfigError> = Layer.effect(
  TiDBBackend,
  Effect.map(optionsConfig, make),
)
