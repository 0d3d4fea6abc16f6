/**
 * The one error of everything that is reached over a network: which backend, in which operation, on which instance, and
 * a reason from a closed set that says what happened in the caller's terms.
 */
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"
import { safeCause } from "./SafeCause.ts"

const reasonFields = {
  /** What happened, cleaned of credentials and payloads. */
  message: Schema.String,
  /** The driver's or server's own code, where there is one. */
  code: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect()),
}

/** The backend can't be reached, or went away in the middle. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", reasonFields) {}
/** No answer came within the deadline. */
export class Timeout extends Schema.TaggedError<Timeout>()("Timeout", reasonFields) {}
/** The backend answers, and asks to come back later: it is loading, full of connections, or in a failover. */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", reasonFields) {}
/** The credentials are missing, wrong, or not enough for this operation. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", reasonFields) {}
/** The backend understood and refuses, and will refuse again: wrong type, full memory, a violated limit. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", reasonFields) {}
/** What answered does not speak the protocol: an HTML page, a wrong envelope, a server of another kind. */
export class Protocol extends Schema.TaggedError<Protocol>()("Protocol", reasonFields) {}
/** Something that no table knows. Not retried. */
export class Unexpected extends Schema.TaggedError<Unexpected>()("Unexpected", reasonFields) {}

const reasons = { Unavailable, Timeout, Overloaded, Unauthorized, Rejected, Protocol, Unexpected }

/** What happened, in a closed set. */
export const BackendReason = Schema.Union(Object.values(reasons))

/** What happened, in a closed set. */
export type BackendReason = typeof BackendReason.Type

/** The tags of the closed set. */
export type BackendReasonTag = BackendReason["_tag"]

/** Whether the same call may succeed later, for every reason. */
const retryable: Readonly<Record<BackendReasonTag, boolean>> = {
  Unavailable: true,
  Timeout: true,
  Overloaded: true,
  Unauthorized: false,
  Rejected: false,
  Protocol: false,
  Unexpected: false,
}

/** The backends that a failure can name. */
export const BackendName = Schema.Literals(["redis", "sql", "routing", "registry", "objectStorage"])

/** The backends that a failure can name. */
export type BackendName = typeof BackendName.Type

/** A backend failed. "Not there" is never a `BackendError`. */
export class BackendError extends Schema.TaggedError<BackendError>()("BackendError", {
  backend: BackendName,
  /** What was being done, in the port's words, such as `getMany`. */
  operation: Schema.String,
  /** The instance's id, where one was involved. */
  instance: Schema.optionalKey(Schema.String),
  reason: BackendReason,
  /** For a write: it may have been applied although it failed. */
  maybeApplied: Schema.Boolean,
}) {
  static {
    printable(BackendError)
  }

  override get message(): string {
    const where = this.instance === undefined ? this.backend : `${this.backend} ${JSON.stringify(this.instance)}`
    const code = this.reason.code === undefined ? "" : ` (${this.reason.code})`
    const applied = this.maybeApplied ? "; the write may have been applied" : ""
    return `${where} ${this.operation}: ${this.reason._tag}${code}: ${this.reason.message}${applied}`
  }

  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return retryable[this.reason._tag]
  }
}

/** What a classifier says of a driver's error. */
export interface Classified {
  readonly tag: BackendReasonTag
  /** For a write that failed so: it may have been applied. */
  readonly maybeApplied: boolean
}

/** Builds a reason from a message, or from what a driver threw, cleaned of what must not be shown. */
export const backendReason = (tag: BackendReasonTag, thrown: unknown): BackendReason => {
  if (typeof thrown === "string") return new reasons[tag]({ message: thrown })
  const cause = safeCause(thrown)
  const code = cause.code === undefined ? {} : { code: cause.code }
  return new reasons[tag]({ message: cause.message, cause, ...code })
}

/** The same failure, with another word on whether the write may have been applied. */
export const withMaybeApplied = (error: BackendError, maybeApplied: boolean): BackendError =>
  error.maybeApplied === maybeApplied
    ? error
    : new BackendError({
        backend: error.backend,
        operation: error.operation,
        reason: error.reason,
        maybeApplied,
        ...(error.instance === undefined ? {} : { instance: error.instance }),
      })

/** Whether a failed write may have been applied: a backend says so, or it broke off without a word. */
export const mayHaveApplied = (failure: Exit.Failure<unknown, unknown>): boolean =>
  failure.cause.reasons.some((reason) =>
    reason._tag === "Fail" ? reason.error instanceof BackendError && reason.error.maybeApplied : true,
  )
