/** What the bulk methods of the Promise client take in place of Streams and effects. */
import { type BulkProgress, InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Keys from anywhere: a collection, or an async iterable that may never be in memory whole. */
export type AnyKeys = Iterable<string> | AsyncIterable<string>

/** How progress is told. */
export interface ProgressOptions<E> {
  /** Called with each key as it ends, with the totals so far. What it throws ends the operation. */
  readonly onProgress?: (progress: BulkProgress<E>) => void
}

/** The keys as a Stream. Keys that fail to come are the caller's own failure. */
export const streamOfAnyKeys = (keys: AnyKeys): Stream.Stream<string, InvalidArgument> =>
  Symbol.asyncIterator in keys
    ? Stream.fromAsyncIterable(
        keys,
        (cause) => new InvalidArgument({ argument: "keys", message: `the keys failed to come: ${String(cause)}` }),
      )
    : Stream.fromIterable(keys)

/** Calls a plain function with each key as it ends. */
export const tell = <E>(onProgress: ((progress: BulkProgress<E>) => void) | undefined) =>
  onProgress === undefined ? {} : { onProgress: (progress: BulkProgress<E>) => Effect.sync(() => onProgress(progress)) }
