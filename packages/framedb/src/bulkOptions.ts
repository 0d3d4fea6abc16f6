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

/** What the programs are given to tell progress with. */
interface Tell<E> {
  readonly onProgress?: (progress: BulkProgress<E>) => Effect.Effect<void>
}

/** Runs a bulk operation that calls a plain function with each key as it ends; refuses what is none before anything is done. */
export const telling = <E, A, E2>(
  onProgress: ((progress: BulkProgress<E>) => void) | undefined,
  use: (tell: Tell<E>) => Effect.Effect<A, E2>,
): Effect.Effect<A, E2 | InvalidArgument> => {
  if (onProgress === undefined) return use({})
  if (typeof onProgress === "function")
    return use({ onProgress: (progress) => Effect.sync(() => onProgress(progress)) })
  const message = "onProgress has to be a function, which is called with each key as it ends"
  return Effect.fail(new InvalidArgument({ argument: "onProgress", message }))
}
