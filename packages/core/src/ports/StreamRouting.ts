import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { QueueName } from "../domain/QueueName.ts"
import type { StreamRoute } from "../domain/Route.ts"
import type { BackendError } from "../errors/BackendError.ts"

/** Knows where each queue is. */
export class StreamRouting extends Context.Service<
  StreamRouting,
  {
    readonly find: (queue: QueueName) => Effect.Effect<Option.Option<StreamRoute>, BackendError>
    /** Makes the route exactly this one and gives the one that it took the place of. */
    readonly register: (route: StreamRoute) => Effect.Effect<Option.Option<StreamRoute>, BackendError>
    /** Removes a route and says whether there was one. */
    readonly remove: (queue: QueueName) => Effect.Effect<boolean, BackendError>
    /** Lists routes, each once, in no promised order. Entries that name no queue (other clients') are left out. */
    readonly list: Stream.Stream<StreamRoute, BackendError>
  }
>()("@framedb/core/StreamRouting") {}
