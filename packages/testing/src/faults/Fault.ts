/** What can be made to happen to one call of a port. */
import { BackendError, type BackendName, type BackendReasonTag, backendReason } from "@framedb/core"
import * as Effect from "effect/Effect"

/** One call of a port, as it is about to be made. */
export interface PortCall {
  readonly backend: BackendName
  /** The port's own name of the method, such as `setMany` or `open`. */
  readonly method: string
  /** The instance that is asked, where one is. */
  readonly instance?: string
  /** The keys that the call is about; empty where it is about none. */
  readonly keys: ReadonlyArray<string>
}

/** What happens to a call instead of what should. */
export type Fault =
  /** The backend refuses: nothing is applied, and the error says so. */
  | { readonly _tag: "Refuse"; readonly reason: BackendReasonTag }
  /** The request never arrives, and nobody knows: nothing is applied, and the error says that it may have been. */
  | { readonly _tag: "LoseRequest"; readonly reason: BackendReasonTag }
  /** The answer never arrives: everything is applied, and the error says that it may have been. */
  | { readonly _tag: "LoseAnswer"; readonly reason: BackendReasonTag }
  /** The call waits before it is made. */
  | { readonly _tag: "HoldRequest"; readonly until: Effect.Effect<void> }
  /** The call is made, and its answer waits. */
  | { readonly _tag: "HoldAnswer"; readonly until: Effect.Effect<void> }
  /** A bug: the call dies. */
  | { readonly _tag: "Die"; readonly defect: unknown }

/** Says what happens to a call; `undefined` lets it be. Asked once a call, when it is made. */
export type Decide = (call: PortCall) => Fault | undefined

const failureOf = (call: PortCall, reason: BackendReasonTag, maybeApplied: boolean): BackendError =>
  new BackendError({
    backend: call.backend,
    operation: call.method,
    ...(call.instance === undefined ? {} : { instance: call.instance }),
    reason: backendReason(reason, "a fault was injected"),
    maybeApplied,
  })

const befall = <A, E, R>(
  call: PortCall,
  run: Effect.Effect<A, E, R>,
  fault: Fault,
): Effect.Effect<A, E | BackendError, R> => {
  switch (fault._tag) {
    case "Refuse":
      return Effect.fail(failureOf(call, fault.reason, false))
    case "LoseRequest":
      return Effect.fail(failureOf(call, fault.reason, true))
    case "LoseAnswer":
      return Effect.andThen(run, Effect.fail(failureOf(call, fault.reason, true)))
    case "HoldRequest":
      return Effect.andThen(fault.until, run)
    case "HoldAnswer":
      return Effect.tap(run, () => fault.until)
    case "Die":
      return Effect.die(fault.defect)
  }
}

/** Makes a call, or what is decided for it. */
export const through = <A, E, R>(
  decide: Decide,
  call: PortCall,
  run: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | BackendError, R> =>
  Effect.suspend(() => {
    const fault = decide(call)
    return fault === undefined ? run : befall(call, run, fault)
  })
