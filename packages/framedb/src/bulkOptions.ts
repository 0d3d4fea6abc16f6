/** What the bulk methods of the Promise client take in place of Streams and effects. */
import { type BulkProgress, InvalidArgument, problemOfNameList, wordsOf } from "@framedb/core"
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
export const streamOfAnyKeys = (keys: AnyKeys): Stream.Stream<string, InvalidArgument> => {
  const problem = problemOfNameList(keys)
  if (problem !== undefined) return Stream.fail(refused(`keys ${problem}`))
  if (!(Symbol.asyncIterator in keys)) return Stream.fromIterable(keys)
  return Stream.fromAsyncIterable(keys, (cause) => refused(`the keys failed to come: ${wordsOf(cause)}`))
}

const refused = (message: string) => new InvalidArgument({ argument: "keys", message })

/** Calls a plain function with each key as it ends. */
export const tell = <E>(onProgress: ((progress: BulkProgress<E>) => void) | undefined) =>
  onProgress === undefined ? {} : { onProgress: (progress: BulkProgress<E>) => Effect.sync(() => onProgress(progress)) }
