/**
 * How a read finds its way: along the remembered route, the nearest place first and the others where one fails, then
 * along a fresh answer of the routing service.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { kindOf } from "../../domain/FramedbType.ts"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ConnectError, Connections } from "../instances/Connections.ts"
import type { retrying } from "../retrying.ts"
import type { DescribedRoute, Routes } from "../routes/Routes.ts"
import { readOrder } from "./readOrder.ts"

/** What a read stands on. */
export interface ReadServices {
  readonly routes: Routes["Service"]
  readonly connections: Connections["Service"]
  readonly repeat: ReturnType<typeof retrying>
  readonly clusterId: string | undefined
}

/** Reads at one place; `None` where it was asked and has nothing. */
export type ReadAt<A, E> = (route: DescribedRoute, place: Location) => Effect.Effect<Option.Option<A>, E>

/** How often a fresh route may lead to nothing before the object counts as absent: each time it may just have moved. */
const freshLooks = 3

/** Gives the program that reads wherever the object is. */
export const makeReadPlaces = ({ routes, connections, repeat, clusterId }: ReadServices) => {
  const order = readOrder(connections, clusterId)

  /** Tries every place in turn. `None` when all were asked and none has the object. */
  const readAlong = Effect.fnUntraced(function* <A, E>(route: DescribedRoute, readAt: ReadAt<A, E>) {
    let failure: { readonly error: E } | undefined
    for (const place of yield* order(route)) {
      const found = yield* Effect.result(readAt(route, place))
      if (found._tag === "Failure") {
        connections.forget(place.framedbId, kindOf(place.type))
        failure ??= { error: found.failure }
      } else if (Option.isSome(found.success)) {
        return found.success
      }
    }
    return failure === undefined ? Option.none<A>() : yield* Effect.fail(failure.error)
  })

  /** Reads along fresh answers of the routing service: what is missing may have moved since the answer before. */
  const readFresh = Effect.fnUntraced(function* <A, E>(key: ObjectKey, readAt: ReadAt<A, E>) {
    for (let look = 0; look < freshLooks; look++) {
      const route = yield* routes.lookup(key)
      if (Option.isNone(route)) break
      const found = yield* readAlong(route.value, readAt)
      if (Option.isSome(found)) return found.value
    }
    return yield* new ObjectNotFound({ key })
  })

  type Attempt<A, E> = Effect.Effect<A, E | ConnectError | ObjectNotFound>

  /** Whatever keeps a remembered route from being read, the object may have moved: a fresh answer has the last word. */
  const attempt = <A, E>(key: ObjectKey, readAt: ReadAt<A, E>): Attempt<A, E> => {
    const remembered = routes.peek(key)
    if (remembered === undefined) return readFresh(key, readAt)
    return Effect.matchEffect(readAlong(remembered, readAt), {
      onSuccess: (found) => (Option.isSome(found) ? Effect.succeed(found.value) : readFresh(key, readAt)),
      onFailure: () => readFresh(key, readAt),
    })
  }

  return <A, E extends { readonly _tag: string }>(key: ObjectKey, readAt: ReadAt<A, E>): Attempt<A, E> =>
    repeat(Effect.suspend(() => attempt(key, readAt)))
}
