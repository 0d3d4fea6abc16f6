import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** What a process hears on the channel. */
export type InvalidationSignal =
  /** Another process has written or removed these keys. They come from outside and were checked to be valid. */
  | { readonly _tag: "Changed"; readonly keys: ReadonlyArray<string> }
  /** Something was not told, or not understood: every key may have changed. */
  | { readonly _tag: "Missed" }
  /** From here on every change is told or said to be missed; before, every key may have changed. */
  | { readonly _tag: "Connected" }
  /** Nothing is told until `Connected`. */
  | { readonly _tag: "Disconnected" }

/**
 * A channel on which the processes that share objects tell each other what they have written. An optional port: where it
 * is provided, the programs keep their caches coherent over it.
 */
export class CacheInvalidation extends Context.Service<
  CacheInvalidation,
  {
    /**
     * Tells every other process that a key was written or removed. Neither waits nor fails: keys of one tick are sent
     * together, each once, and what can't be sent now is sent when the channel is back, beyond a bound as "everything".
     */
    readonly publish: (key: string) => void
    /**
     * Hears until the scope closes, never what it published itself. Until the first `Connected`, which may come at once,
     * it hears nothing. `hear` is called synchronously, in the order of arrival, and must not throw.
     */
    readonly listen: (hear: (signal: InvalidationSignal) => void) => Effect.Effect<void, never, Scope.Scope>
  }
>()("@framedb/core/CacheInvalidation") {}
