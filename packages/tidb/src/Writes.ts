import type { BackendError, InvalidArgument, ObjectKey, StoreEntry } from "@framedb/core"
import type * as Effect from "effect/Effect"

/**
 * How a store changes its table. Every batch has each key once, sorted, and is applied whole or not at all. Answers are
 * the keys that had an object.
 */
export interface Writes {
  readonly set: (entries: ReadonlyArray<StoreEntry>) => Effect.Effect<void, BackendError | InvalidArgument>
  readonly replace: (entries: ReadonlyArray<StoreEntry>) => Effect.Effect<ReadonlySet<string>, BackendError>
  readonly remove: (keys: ReadonlyArray<ObjectKey>) => Effect.Effect<ReadonlySet<string>, BackendError>
}
