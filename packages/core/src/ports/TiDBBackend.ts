import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Instance } from "../domain/Instance.ts"
import type { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import type { ObjectConnection } from "./ObjectStore.ts"

/** An open TiDB, MySQL or MariaDB instance. */
export interface TiDBConnection extends ObjectConnection {}

/**
 * Opens TiDB, MySQL and MariaDB instances.
 *
 * `open` connects, makes sure that the table exists, and fails within its deadline; it fails with `InvalidArgument` for
 * a URL that can't be used. The pool heals itself after a failure, and ends with the scope.
 */
export class TiDBBackend extends Context.Service<
  TiDBBackend,
  {
    readonly open: (instance: Instance) => Effect.Effect<TiDBConnection, BackendError | InvalidArgument, Scope.Scope>
  }
>()("@framedb/core/TiDBBackend") {}
