/** Turns what was thrown into the one error of every backend. */
import { BackendError, type BackendReasonTag, backendReason, type Instance, SafeCause, safeCause } from "@framedb/core"
import { classify, PartlyApplied, replyCode } from "./classify.ts"

/** What was being done when something failed. */
export interface Operation {
  /** In the port's words, such as `getMany`. */
  readonly name: string
  /** Whether it changes anything, so that a failure has to say whether it did. */
  readonly isWrite: boolean
}

/** A server that does not know a command repeats its arguments, and those may be a password or a payload. */
const withoutArguments = (message: string): string => message.replace(/,? ?with args beginning with:.*$/s, "")

const shown = (thrown: unknown): SafeCause => {
  const told = thrown instanceof PartlyApplied ? thrown.failure : thrown
  const cause = safeCause(told)
  return new SafeCause(cause.name, withoutArguments(cause.message), cause.code ?? replyCode(told))
}

/** The error for something that the driver threw. */
export const failureOf = (operation: Operation, instance: Instance, thrown: unknown): BackendError => {
  const { tag, maybeApplied } = classify(thrown)
  return failed(operation, instance, tag, shown(thrown), maybeApplied)
}

/** The error for something that never was sent, with the reason why there was no connection. */
export const notSent = (operation: Operation, instance: Instance, lastError: unknown): BackendError => {
  if (lastError === undefined) return failed(operation, instance, "Unavailable", "not connected", false)
  return failed(operation, instance, classify(lastError).tag, shown(lastError), false)
}

/** The error for an answer that did not come in time. */
export const outOfTime = (operation: Operation, instance: Instance, millis: number): BackendError =>
  failed(operation, instance, "Timeout", `no answer within ${millis} ms`, true)

const failed = (
  operation: Operation,
  instance: Instance,
  tag: BackendReasonTag,
  reason: string | SafeCause,
  maybeApplied: boolean,
): BackendError =>
  new BackendError({
    backend: "redis",
    operation: operation.name,
    instance: instance.framedbId,
    reason: backendReason(tag, reason),
    maybeApplied: operation.isWrite && maybeApplied,
  })
