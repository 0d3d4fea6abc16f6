/** Objects out of a set: all of them, those whose keys begin alike, or those that are named. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { IntegrityError } from "../../../errors/IntegrityError.ts"
import { InvalidArgument } from "../../../errors/InvalidArgument.ts"
import { ObjectNotFound } from "../../../errors/ObjectNotFound.ts"
import type { ObjectStorageService, StorageRange } from "../../../ports/ObjectStorage.ts"
import { collectBytes } from "../../../storage/collectBytes.ts"
import {
  type BulkBounds,
  type BulkBudget,
  type BulkProgress,
  type BulkResult,
  completeBounds,
  makeBudget,
  withTotals,
} from "../../bulk/Bulk.ts"
import type { BackupSink, RestoredObject } from "../BackupSource.ts"
import { checkBytes, checkStream } from "../digest.ts"
import { repeating } from "../repeating.ts"
import { deliver, type RestoreFailure, type RestoreTarget } from "../restoreFromBackup.ts"
import { type PlannedRead, planReads } from "./planReads.ts"
import { indexesOf, readManifest } from "./readSet.ts"
import type { SetEntry, SetIndex } from "./SetFormat.ts"
import { problemOfSetName } from "./setNames.ts"

/** What is restored out of a set, and to where. */
export interface RestoreSetOptions<E> extends BulkBounds, RestoreTarget {
  readonly sink: BackupSink<E>
  readonly storage: ObjectStorageService
  readonly set: string
  /** The prefix that the backup was made with; empty by default. */
  readonly prefix?: string
  /** Only these keys; all by default. One that the set does not hold fails with `ObjectNotFound`. */
  readonly keys?: Iterable<string>
  /** Only keys that begin with this. */
  readonly keyPrefix?: string
  /** Reads and checks everything and writes nothing; false by default. */
  readonly dryRun?: boolean
}

/** Stretches up to this size are read whole, in bytes: a segment with what a larger object may add to it. */
const maxReadBytes = 16 * 1024 * 1024

/** How many stretches are read at once. */
const readsInFlight = 4

interface Run<E> {
  readonly options: RestoreSetOptions<E>
  readonly budget: BulkBudget
  readonly concurrency: number
  /** The keys that were asked for by name and not yet found. */
  readonly missing: Set<string> | undefined
}

const restored = (entry: SetEntry, body: RestoredObject["body"]): RestoredObject => ({
  key: entry.key,
  framedbId: entry.framedbId,
  type: entry.type,
  metadata: entry.metadata,
  content: entry.content,
  sizeBytes: entry.sizeBytes,
  body,
})

const noSegment = (read: PlannedRead): IntegrityError =>
  new IntegrityError({ key: read.segment, message: `${JSON.stringify(read.segment)} is missing from the set` })

const open = Effect.fnUntraced(function* <E>(run: Run<E>, read: PlannedRead, range: StorageRange) {
  const found = yield* repeating(run.options.storage.get(read.segment, range))
  return Option.isSome(found) ? found.value : yield* noSegment(read)
})

const settle = <E>(
  entry: SetEntry,
  effect: Effect.Effect<{ readonly sizeBytes: number }, E>,
): Effect.Effect<BulkResult<E>> =>
  Effect.map(Effect.result(effect), (ended) =>
    Result.isSuccess(ended)
      ? { status: "succeeded", key: entry.key, sizeBytes: entry.sizeBytes }
      : { status: "failed", key: entry.key, error: ended.failure },
  )

type Results<E> = Effect.Effect<ReadonlyArray<BulkResult<E | RestoreFailure>>>

/** Reads a stretch, and hands over each object in it whose digest is right. */
const restoreWhole = <E>(run: Run<E>, read: PlannedRead): Results<E> => {
  const { length, offset } = read
  const bytes = Effect.scoped(
    Effect.flatMap(open(run, read, { offset, length }), (object) => collectBytes(object.body)),
  )
  const each = (stretch: Uint8Array) =>
    Effect.forEach(
      read.entries,
      (entry) => {
        const start = entry.offset - offset
        // A copy of its own: the sink may keep it, and must not keep the whole stretch with it.
        const own = stretch.slice(start, start + entry.sizeBytes)
        const checked = checkBytes(own, entry)
        return settle<E | RestoreFailure>(
          entry,
          Effect.flatMap(checked, (body) => deliver(run.options, restored(entry, body))),
        )
      },
      { concurrency: run.concurrency },
    )
  const none = (error: RestoreFailure) =>
    read.entries.map((entry) => ({ status: "failed" as const, key: entry.key, error }))
  return run.budget.holding(length)(
    Effect.matchEffect(bytes, { onFailure: (error) => Effect.succeed(none(error)), onSuccess: each }),
  )
}

/** Hands a large object over as a stream that fails at its end where its digest is wrong. */
const restoreLarge = <E>(run: Run<E>, read: PlannedRead, entry: SetEntry): Results<E> => {
  const delivered = Effect.scoped(
    Effect.flatMap(open(run, read, { offset: entry.offset, length: entry.sizeBytes }), (object) =>
      deliver(run.options, restored(entry, checkStream(object.body, entry))),
    ),
  )
  return Effect.map(settle<E | RestoreFailure>(entry, delivered), (result) => [result])
}

const restoreRead =
  <E>(run: Run<E>) =>
  (read: PlannedRead): Results<E> => {
    const [entry] = read.entries
    return read.length > maxReadBytes && entry !== undefined ? restoreLarge(run, read, entry) : restoreWhole(run, read)
  }

/** The entries that are wanted; of a key that an index holds twice, the later one. */
const wanted = <E>(run: Run<E>, index: SetIndex, keys: ReadonlySet<string> | undefined): ReadonlyArray<SetEntry> => {
  const { keyPrefix = "" } = run.options
  const found = new Map<string, SetEntry>()
  for (const entry of index.entries) {
    if (entry.key.startsWith(keyPrefix) && keys?.has(entry.key) !== false) found.set(entry.key, entry)
  }
  for (const key of found.keys()) run.missing?.delete(key)
  return [...found.values()]
}

const notFound = (missing: ReadonlySet<string> | undefined): Stream.Stream<BulkResult<ObjectNotFound>> =>
  Stream.suspend(() =>
    Stream.fromIterable(
      Array.from(missing ?? [], (key) => ({ status: "failed" as const, key, error: new ObjectNotFound({ key }) })),
    ),
  )

const findManifest = Effect.fnUntraced(function* <E>(options: RestoreSetOptions<E>) {
  const problem = problemOfSetName(options.set)
  if (problem !== undefined) return yield* problem
  const found = yield* readManifest(options.storage, { prefix: options.prefix ?? "", set: options.set })
  if (Option.isSome(found)) return found.value
  const message = `there is no completed set ${JSON.stringify(options.set)} under this prefix`
  return yield* new InvalidArgument({ argument: "set", message })
})

/**
 * Restores objects out of a set and tells of each as it ends; what names them is read one index at a time. Each object is
 * checked against its digest before the sink overwrites anything. A set that is not there is an `InvalidArgument`.
 */
export const restoreFromSet = <E>(
  options: RestoreSetOptions<E>,
): Stream.Stream<BulkProgress<E | RestoreFailure>, RestoreFailure> =>
  Stream.unwrap(
    Effect.map(findManifest(options), (manifest) => {
      const keys = options.keys === undefined ? undefined : new Set(options.keys)
      const missing = keys === undefined ? undefined : new Set(keys)
      const { concurrency } = completeBounds(options)
      const run: Run<E> = { options, budget: makeBudget(options), concurrency, missing }
      const restoreIndex = (index: SetIndex) =>
        Stream.mapEffect(Stream.fromIterable(planReads(wanted(run, index, keys), maxReadBytes)), restoreRead(run), {
          concurrency: readsInFlight,
        })
      const results = Stream.flatMap(Stream.flatMap(indexesOf(options.storage, manifest), restoreIndex), (ended) =>
        Stream.fromIterable(ended),
      )
      return withTotals<E | RestoreFailure, RestoreFailure, never>(Stream.concat(results, notFound(missing)))
    }),
  )

/** What of a set is verified. */
export type VerifySetOptions = Omit<RestoreSetOptions<never>, "sink" | "dryRun" | keyof RestoreTarget>

/** Reads a set, or a part of it, and checks every digest, with nothing written anywhere. */
export const verifySet = (options: VerifySetOptions): Stream.Stream<BulkProgress<RestoreFailure>, RestoreFailure> =>
  restoreFromSet<never>({ ...options, sink: { write: () => Effect.void }, dryRun: true })
