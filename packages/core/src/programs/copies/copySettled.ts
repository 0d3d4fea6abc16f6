import * as Effect from "effect/Effect"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { type Copied, type CopyError, type CopyObject, maxRounds, restless } from "./copyObject.ts"
import type { FindUnsettled } from "./unsettledCopies.ts"

interface Services {
  readonly copyObject: CopyObject
  readonly findUnsettled: FindUnsettled
  /** How long other clients may go without looking at a route; 0 where there are none. */
  readonly settleMillis: number
}

/**
 * Gives the program that copies one object and stays with it until every client sees the copy: an overwrite that didn't is
 * found then, and the object copied anew.
 */
export const makeCopySettled = ({ copyObject, findUnsettled, settleMillis }: Services) =>
  Effect.fnUntraced(function* (key: ObjectKey, target: Location): Effect.fn.Return<Copied, CopyError> {
    for (let round = 0; round < maxRounds; round++) {
      const copied = yield* copyObject(key, target)
      if (copied.watch === undefined || settleMillis === 0) return copied
      yield* Effect.sleep(settleMillis)
      if ((yield* findUnsettled([copied.watch])).length === 0) return copied
    }
    return yield* restless(key, target)
  })
