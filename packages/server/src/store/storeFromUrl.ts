import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as MemoryRouteStore from "./MemoryRouteStore.ts"
import * as MySqlRouteStore from "./MySqlRouteStore.ts"
import { type RouteStore, StoreError } from "./RouteStore.ts"
import * as SqliteRouteStore from "./SqliteRouteStore.ts"

const unknown = () =>
  new StoreError({
    operation: "open",
    message: "the store is none of: memory, sqlite:FILE, mysql://user:password@host:port/database",
  })

/** The store that a text names: `memory`, `sqlite:FILE`, or a `mysql://` URL (TiDB, MySQL, MariaDB). */
export const layerFromUrl = (store: Redacted.Redacted<string>): Layer.Layer<RouteStore, StoreError> => {
  const text = Redacted.value(store)
  if (text === "memory") return MemoryRouteStore.layer
  if (text.startsWith("sqlite:")) return SqliteRouteStore.layer({ file: text.slice("sqlite:".length) })
  if (/^mysql(\+[a-z]+)?:\/\//.test(text)) return MySqlRouteStore.layer({ url: store })
  return Layer.unwrap(Effect.fail(unknown()))
}
