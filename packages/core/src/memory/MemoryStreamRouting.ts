/** The routing service's knowledge of queues, in this process's memory. What goes in and out is copied. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { QueueName } from "../domain/QueueName.ts"
import type { StreamRoute } from "../domain/Route.ts"
import { StreamRouting } from "../ports/StreamRouting.ts"
import { copyJson } from "./copyJson.ts"

/** What in-memory routing knows to begin with. */
export interface MemoryStreamRoutingOptions {
  /** Routes that exist already. None by default. */
  readonly routes?: ReadonlyArray<StreamRoute>
}

const copyOf = (route: StreamRoute): StreamRoute => ({
  queue: route.queue,
  framedbId: route.framedbId,
  metadata: copyJson(route.metadata),
})

/** Makes routing that knows the given routes. Each call gives way to other fibers first, then acts at once. */
export const make = (options: MemoryStreamRoutingOptions = {}): StreamRouting["Service"] => {
  const routes = new Map<QueueName, StreamRoute>()
  for (const route of options.routes ?? []) routes.set(route.queue, copyOf(route))

  const find = (queue: QueueName) => Option.map(Option.fromUndefinedOr(routes.get(queue)), copyOf)
  const later = <A>(run: () => A): Effect.Effect<A> => Effect.andThen(Effect.yieldNow, Effect.sync(run))

  return {
    find: (queue) => later(() => find(queue)),
    register: (route) =>
      later(() => {
        const previous = find(route.queue)
        routes.set(route.queue, copyOf(route))
        return previous
      }),
    remove: (queue) => later(() => routes.delete(queue)),
    list: Stream.unwrap(later(() => Stream.fromIterable(Array.from(routes.values(), copyOf)))),
  }
}

/** Provides in-memory routing of queues. Each build of the layer has its own routes. */
export const layer = (options: MemoryStreamRoutingOptions = {}): Layer.Layer<StreamRouting> =>
  Layer.sync(StreamRouting, () => make(options))
