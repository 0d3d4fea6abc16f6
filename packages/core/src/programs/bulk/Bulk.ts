/**
 * Work on many keys at once: bounded in keys and in bytes, one typed result a key, progress while it runs.
 *
 * One key's failure is its own result and stops nothing. What stops the work is an interruption, or the keys themselves
 * failing to come.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { problemOfNameList } from "../../domain/NameList.ts"
import { isObjectKey, type ObjectKey, problemOfKey } from "../../domain/ObjectKey.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"

/** How much is done at once. */
export interface BulkBounds {
  /** The most keys that are worked on at once; 32 by default. */
  readonly concurrency?: number
  /** The most bytes that are held at once, payload only; 64 MiB by default. A single larger object is held alone. */
  readonly bytesInFlight?: number
}

/** What became of one key. */
export type BulkResult<E> =
  | { readonly status: "succeeded" | "skipped"; readonly key: string; readonly sizeBytes: number }
  | { readonly status: "failed"; readonly key: string; readonly error: E }

/** How far a bulk operation is. */
export interface BulkTotals {
  readonly succeeded: number
  /** What needed no work, because it was done already. */
  readonly skipped: number
  readonly failed: number
  /** The payload of what succeeded, in bytes. */
  readonly bytes: number
}

/** One key has ended, and the totals up to it. */
export interface BulkProgress<E> {
  readonly result: BulkResult<E>
  readonly totals: BulkTotals
}

/** What happened to every key, in the order in which they ended. */
export interface BulkReport<E> extends BulkTotals {
  readonly results: ReadonlyArray<BulkResult<E>>
  readonly durationMillis: number
}

/** Keys from anywhere: a collection, or a Stream that may never be in memory whole. */
export type BulkKeys<E = never> = Iterable<string> | Stream.Stream<string, E>

/** What a key's work gives when it goes well. */
export interface BulkDone {
  readonly status: "succeeded" | "skipped"
  readonly sizeBytes: number
}

/** Room for bytes, shared by the keys of one operation. */
export interface BulkBudget {
  /** Runs an effect while so many bytes are counted as held, waiting until there is room. */
  readonly holding: (sizeBytes: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Counts so many bytes as held, waiting until there is room. */
  readonly take: (sizeBytes: number) => Effect.Effect<void>
  /** Lets so many bytes go that were taken. */
  readonly give: (sizeBytes: number) => Effect.Effect<void>
}

/** What a large object holds at most while it passes through in pieces, in bytes: four parts of an upload to S3. */
export const streamedBytes = 32 * 1024 * 1024

const defaultConcurrency = 32
const defaultBytesInFlight = 64 * 1024 * 1024

/** The bounds with their defaults. */
export const completeBounds = (bounds: BulkBounds): Required<BulkBounds> => ({
  concurrency: Math.max(1, bounds.concurrency ?? defaultConcurrency),
  bytesInFlight: Math.max(1, bounds.bytesInFlight ?? defaultBytesInFlight),
})

/** Makes room for bytes. */
export const makeBudget = (bounds: BulkBounds): BulkBudget => {
  const { bytesInFlight } = completeBounds(bounds)
  const semaphore = Semaphore.makeUnsafe(bytesInFlight)
  const permits = (sizeBytes: number) => Math.min(Math.max(sizeBytes, 0), bytesInFlight)
  return {
    holding: (sizeBytes) => semaphore.withPermits(permits(sizeBytes)),
    take: (sizeBytes) => Effect.asVoid(semaphore.take(permits(sizeBytes))),
    give: (sizeBytes) => Effect.asVoid(semaphore.release(permits(sizeBytes))),
  }
}

/** The keys as a Stream. What is no list of keys is a defect: its type is refused by the compiler, but for a text. */
export const streamOfKeys = <E>(keys: BulkKeys<E>): Stream.Stream<string, E> => {
  if (Stream.isStream(keys)) return keys
  const problem = problemOfNameList(keys)
  if (problem === undefined) return Stream.fromIterable(keys)
  return Stream.die(new InvalidArgument({ argument: "keys", message: `keys ${problem}` }))
}

const settle = <E, R>(
  key: string,
  work: (key: ObjectKey) => Effect.Effect<BulkDone, E, R>,
): Effect.Effect<BulkResult<E | InvalidArgument>, never, R> => {
  if (!isObjectKey(key)) {
    const error = new InvalidArgument({ argument: "keys", message: problemOfKey(key) ?? "a key" })
    return Effect.succeed({ status: "failed", key, error })
  }
  return Effect.map(Effect.result(work(key)), (ended) =>
    Result.isSuccess(ended)
      ? { status: ended.success.status, key, sizeBytes: ended.success.sizeBytes }
      : { status: "failed", key, error: ended.failure },
  )
}

const noTotals: BulkTotals = { succeeded: 0, skipped: 0, failed: 0, bytes: 0 }

/** Field by field: with a spread and a computed name it would cost as much as writing an object's line of an index. */
const count = <E>({ bytes, failed, skipped, succeeded }: BulkTotals, result: BulkResult<E>): BulkTotals => {
  switch (result.status) {
    case "succeeded":
      return { succeeded: succeeded + 1, skipped, failed, bytes: bytes + result.sizeBytes }
    case "skipped":
      return { succeeded, skipped: skipped + 1, failed, bytes }
    case "failed":
      return { succeeded, skipped, failed: failed + 1, bytes }
  }
}

/** Adds running totals to results. */
export const withTotals = <E, E2, R>(
  results: Stream.Stream<BulkResult<E>, E2, R>,
): Stream.Stream<BulkProgress<E>, E2, R> =>
  Stream.suspend(() => {
    let totals = noTotals
    return Stream.map(results, (result) => {
      totals = count(totals, result)
      return { result, totals }
    })
  })

/** Works on every key and tells of each as it ends. A key that is no key fails with `InvalidArgument`. */
export const bulk = <E, EK, R>(
  keys: BulkKeys<EK>,
  work: (key: ObjectKey, budget: BulkBudget) => Effect.Effect<BulkDone, E, R>,
  bounds: BulkBounds = {},
): Stream.Stream<BulkProgress<E | InvalidArgument>, EK, R> =>
  Stream.suspend(() => {
    const budget = makeBudget(bounds)
    const { concurrency } = completeBounds(bounds)
    const results = Stream.mapEffect(streamOfKeys(keys), (key) => settle(key, (valid) => work(valid, budget)), {
      concurrency,
      unordered: true,
    })
    return withTotals(results)
  })

/** Runs a bulk operation to its end and gathers what happened, telling `onProgress` of each key. */
export const report = Effect.fnUntraced(function* <E, EK, R>(
  progress: Stream.Stream<BulkProgress<E>, EK, R>,
  onProgress?: (progress: BulkProgress<E>) => Effect.Effect<void>,
) {
  const start = yield* Clock.currentTimeMillis
  const results: Array<BulkResult<E>> = []
  let totals = noTotals
  yield* Stream.runForEachArray(progress, (events) => {
    for (const event of events) results.push(event.result)
    totals = events[events.length - 1]?.totals ?? totals
    return onProgress === undefined ? Effect.void : Effect.forEach(events, onProgress, { discard: true })
  })
  const durationMillis = (yield* Clock.currentTimeMillis) - start
  const gathered: BulkReport<E> = { ...totals, results, durationMillis }
  return gathered
})
