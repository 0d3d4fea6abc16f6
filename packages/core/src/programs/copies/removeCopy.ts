import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { CopyServices } from "./CopyServices.ts"

/**
 * Gives the program that removes a copy and says whether there was one: from the route first, so that nobody reads it while
 * it goes, then its bytes. The primary is never touched, not even where another client has made the copy's place its own
 * meanwhile.
 */
export const makeRemoveCopy = ({ routes, repeat, clearPlace }: CopyServices) => {
  const repeatHarmless = repeatingHarmless(repeat)
  return Effect.fn("FrameDB.removeCopy")(function* (key: ObjectKey, framedbId: FramedbId) {
    const route = yield* repeat(routes.lookup(key))
    const copy = Option.isNone(route) ? undefined : route.value.copies.find((place) => place.framedbId === framedbId)
    if (copy === undefined) return false
    yield* repeatHarmless(routes.removeCopy(key, framedbId))
    yield* clearPlace(key, copy)
    return true
  })
}
