/** Settling what a published update did. */
import type { BackendError } from "@framedb/core"
import * as Effect from "effect/Effect"
import type { Envelope } from "./Envelope.ts"
import { afterWriting } from "./entries.ts"
import type { ServiceClient } from "./ServiceClient.ts"

/** How many times an update that others overtake is sent. */
const maxUpdateAttempts = 3

/** An update of one entry. */
export interface Update {
  readonly send: Effect.Effect<Envelope, BackendError>
  /** Reads the entry and says whether it is what the update makes it. */
  readonly isDone: Effect.Effect<boolean, BackendError>
}

/** Whether a 400 is the one that says "created", "nothing changed", or neither. */
export const isAmbiguous = ({ body }: Envelope): boolean =>
  /no document found/i.test(String(body["error"] ?? body["message"]))

/**
 * Updates an entry that may or may not exist. The published service answers 400 both when it created the entry and when
 * nothing changed, so a 400 is settled by reading, and the update sent again where others came between.
 */
export const confirmUpdate = (client: ServiceClient, { send, isDone }: Update): Effect.Effect<void, BackendError> => {
  const operation = "register"
  const confirm = Effect.fnUntraced(function* (first: Envelope): Effect.fn.Return<void, BackendError> {
    for (let attempt = 1; ; attempt++) {
      if (yield* isDone) return
      if (!isAmbiguous(first)) return yield* client.refusal({ operation }, first)
      if (attempt === maxUpdateAttempts) break
      if ((yield* send).success) return
    }
    const message = `none of ${maxUpdateAttempts} updates could be confirmed: others are changing the entry`
    return yield* client.failure({ operation }, "Overloaded", message)
  })
  return Effect.flatMap(send, (first) => (first.success ? Effect.void : afterWriting(confirm(first))))
}
