import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Instance } from "../domain/Instance.ts"
import type { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import type { ObjectConnection } from "./ObjectStore.ts"
import type { QueueStore } from "./QueueStore.ts"

/** An open Redis instance. */
export interface RedisConnection extends ObjectConnection {
  readonly queues: QueueStore
}

/**
 * Opens Redis instances.
 *
 * `open` connects, and proves it with an answer, or fails within its deadline; it fails with `InvalidArgument` for a
 * URL that can't be used. The connection heals itself after a failure, and ends with the scope.
 */
export class RedisBackend extends Context.Service<
  RedisBackend,
  {
    readonly open: (instance: Instance) => Effect.Effect<RedisConnection, BackendError | InvalidArgument, Scope.Scope>
  }
>()("@framedb/core/RedisBackend") {}
