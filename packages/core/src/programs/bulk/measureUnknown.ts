import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { Connections } from "../instances/Connections.ts"
import type { retrying } from "../retrying.ts"

interface Services {
  readonly connections: Connections["Service"]
  readonly repeat: ReturnType<typeof retrying>
}

/** Whether a route tells no size: a client of another kind registered the object, or it is empty. */
export const isSizeUnknown = ({ sizeBytes }: ObjectRoute): boolean => sizeBytes === 0

/**
 * Gives the program that asks an instance for the sizes which the routes of its objects don't tell, so that batches of them are bounded
 * in bytes before they are read. What has no size there, or can't be asked for, is left out.
 */
export const makeMeasureUnknown = ({ connections, repeat }: Services) => {
  const sizesAt = (routes: ReadonlyArray<ObjectRoute>, place: ObjectRoute) =>
    repeat(
      connections.use(place, ({ connection: { objects } }) => {
        const { batchKeys } = objects.limits
        const keys = routes.map(({ key }) => key)
        const starts = Array.from({ length: Math.ceil(keys.length / batchKeys) }, (_, part) => part * batchKeys)
        // A part in which a key can't be measured, such as a queue, says nothing of the others.
        const measured = Effect.forEach(starts, (start) => {
          const part = keys.slice(start, start + batchKeys)
          const nothing = () => part.map(() => Option.none<number>())
          return Effect.orElseSucceed(objects.sizeMany(part), nothing)
        })
        return Effect.map(measured, (parts) => parts.flat())
      }),
    )

  return Effect.fnUntraced(function* (routes: ReadonlyArray<ObjectRoute>) {
    const unknown = routes.filter(isSizeUnknown)
    const [place] = unknown
    if (place === undefined) return routes
    const sizes = yield* sizesAt(unknown, place)
    const measured = unknown.flatMap((route, index): ReadonlyArray<ObjectRoute> => {
      const size = Option.getOrUndefined(sizes[index] ?? Option.none())
      return size === undefined ? [] : [{ ...route, sizeBytes: size }]
    })
    return [...routes.filter((route) => !isSizeUnknown(route)), ...measured]
  })
}
