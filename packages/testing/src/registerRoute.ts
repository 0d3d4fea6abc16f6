import type { BackendError, ObjectRoute, ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** Registers one route, as a batch of one, and gives the one that it took the place of. */
export const registerRoute = (
  routing: ObjectRouting["Service"],
  route: ObjectRoute,
): Effect.Effect<Option.Option<ObjectRoute>, BackendError> =>
  Effect.flatMap(routing.registerMany([route]), ([registered]) =>
    registered === undefined ? Effect.die("a batch of one has no answer") : Effect.fromResult(registered),
  )
