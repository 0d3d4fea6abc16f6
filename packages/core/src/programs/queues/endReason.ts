import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { redactText } from "../../errors/SafeCause.ts"
import { wordsOf } from "../../errors/wordsOf.ts"

/** The most characters of a failure that a dead letter repeats. */
const maxReasonCharacters = 300

/** Whether a consumer's end says that it handled what it was handed. */
export const endedWell = (exit: Exit.Exit<unknown, unknown>): boolean =>
  // A run of a stream that succeeds (`Stream.take`, `runHead`) ends with a value of its own. What iterates a stream ends
  // with this very exit, after a `break` as after a `throw`: then nobody knows, and the message goes back.
  Exit.isSuccess(exit) && exit !== Exit.void

/** Why a consumer did not come back, for the dead letter that its message may become. */
export const endReason = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "the consumer ended without coming back for the next message"
  if (Cause.hasInterruptsOnly(exit.cause)) return "the consumer was interrupted"
  const thrown: unknown = Cause.squash(exit.cause)
  const text =
    thrown instanceof Error ? `${thrown.name}: ${wordsOf(thrown)}` : `the consumer failed with ${wordsOf(thrown)}`
  return redactText(text).slice(0, maxReasonCharacters)
}
