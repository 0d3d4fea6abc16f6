/** In which order the places that hold an object are tried: a copy in the client's own cluster, the primary, the rest. */
import * as Effect from "effect/Effect"
import { kindOf } from "../../domain/FramedbType.ts"
import type { Location } from "../../domain/Location.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { Connections } from "../instances/Connections.ts"

/** Gives the order for a route. Asks the registry about instances it does not know yet, only where there is a choice. */
export const readOrder = (connections: Connections["Service"], clusterId: string | undefined) => {
  const isNear = (place: Location) =>
    connections.instance(place.framedbId, kindOf(place.type)).pipe(
      Effect.map((instance) => instance.clusterId === clusterId),
      // Where the registry can't say, the place is far; reading it later gives the reason.
      Effect.orElseSucceed(() => false),
    )

  return Effect.fnUntraced(function* (route: ObjectRoute) {
    const places: ReadonlyArray<Location> = [route, ...route.copies]
    if (clusterId === undefined || places.length === 1 || (yield* isNear(route))) return places
    for (const copy of route.copies) {
      if (yield* isNear(copy)) return [copy, ...places.filter((place) => place !== copy)]
    }
    return places
  })
}
