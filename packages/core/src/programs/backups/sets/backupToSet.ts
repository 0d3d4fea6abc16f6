/**
 * Objects to a named set: small ones packed into segments of several MiB, so that a call to the storage carries thousands of
 * them. See FORMAT.md.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import {
  type BulkBounds,
  type BulkKeys,
  type BulkProgress,
  completeBounds,
  makeBudget,
  streamedBytes,
  streamOfKeys,
  withTotals,
} from "../../bulk/Bulk.ts"
import type { BackupSource } from "../BackupSource.ts"
import { type Committed, commitPart, uploadPart, writeManifest } from "./commitParts.ts"
import type { DigestThread } from "./DigestThread.ts"
import { findPrior, type Prior } from "./PriorEntries.ts"
import { packParts } from "./packParts.ts"
import { prepareKeys } from "./prepareKeys.ts"
import { SegmentBuffers } from "./SegmentBuffers.ts"
import type { SetFailure, SetRun } from "./SetRun.ts"
import { largeNameOf, problemOfSetName } from "./setNames.ts"

/** What is backed up, and into which set. */
export interface BackupSetOptions<E, EK = never> extends BulkBounds {
  readonly source: BackupSource<E>
  readonly storage: ObjectStorageService
  readonly keys: BulkKeys<EK>
  /** The set's name: letters, digits, dots, dashes and underscores, at most 100. */
  readonly set: string
  /** Put before every stored name, such as `backups/`; empty by default. */
  readonly prefix?: string
  /** Another set under the same prefix whose unchanged objects are reused, beside this set's own. */
  readonly base?: string
  /** Uploads everything, whatever is stored already; false by default. */
  readonly full?: boolean
  /** The most keys that are worked on at once; 1,024 by default. */
  readonly concurrency?: number
  /** Where segments are digested while this thread does other things. Without it they are digested here. */
  readonly thread?: DigestThread
  /** The size of a segment in bytes; 4 MiB by default. Larger objects are stored by themselves. */
  readonly segmentBytes?: number
}

/** A call to the storage a thousand objects of 4 KiB, and little to wait for when the last segment goes. */
const defaultSegmentBytes = 4 * 1024 * 1024

/** Keys at once where the caller names no bound: four windows. */
const defaultConcurrency = 4 * 256

/** The most entries of one index: some 4 MiB of text with small metadata. */
const partEntries = 10_000

/** The most metadata of one index, in bytes: an object may have 64 KiB of it, which would make an index of 10,000 too long to read. */
const partMetadataBytes = 8 * 1024 * 1024

/** How many segments are on the way at once. */
const segmentsInFlight = 6

const startOf = (prior: Prior): Committed => ({
  indexes: prior.committed.map(({ entries, name, sha256 }) => ({ name, sha256, entries })),
  segments: new Map(prior.committed.flatMap((part) => part.segments.map((segment) => [segment.name, segment]))),
  objects: prior.committed.reduce((sum, index) => sum + index.entries, 0),
  bytes: prior.committed.reduce((sum, index) => sum + index.bytes, 0),
  isPartial: false,
})

/** What is packed is held until its segment is full and stored: there must be room for the next one beside it. */
const bytesInFlightOf = <E, EK>(options: BackupSetOptions<E, EK>): number =>
  Math.max(completeBounds(options).bytesInFlight, 3 * (options.segmentBytes ?? defaultSegmentBytes))

const runOf = <E, EK>(options: BackupSetOptions<E, EK>, prior: Prior, mark: string): SetRun<E> => {
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes
  const bytesInFlight = bytesInFlightOf(options)
  const place = { prefix: options.prefix ?? "", set: options.set, generation: prior.generation, mark }
  let largeObjects = 0
  return {
    source: options.source,
    storage: options.storage,
    place,
    prior,
    budget: makeBudget({ bytesInFlight }),
    buffers: new SegmentBuffers(segmentBytes),
    thread: options.thread,
    wholeBytes: segmentBytes,
    largeRoomBytes: Math.min(streamedBytes, bytesInFlight - segmentBytes),
    nextLargeName: (key) => largeNameOf(place, key, largeObjects++),
    broken: { error: undefined, fromPart: Number.POSITIVE_INFINITY },
  }
}

const start = Effect.fnUntraced(function* <E, EK>(
  options: BackupSetOptions<E, EK>,
): Effect.fn.Return<SetRun<E>, SetFailure> {
  const problem = problemOfSetName(options.set)
  if (problem !== undefined) return yield* problem
  const place = { prefix: options.prefix ?? "", set: options.set }
  const { base, full = false, storage } = options
  const prior = yield* findPrior({ storage, place, base, isFull: full })
  const mark = (yield* Random.nextIntBetween(0, 2 ** 48)).toString(16).padStart(12, "0")
  return runOf(options, prior, mark)
})

/**
 * Backs objects up into a set and tells of each when it is safely stored.
 *
 * A run that was stopped, however hard, goes on when it is started again with the same set; bytes that this set or its base
 * holds already are not uploaded again. The set is completed, and takes the place of what it was before, when the last key
 * has ended and none failed but those that name no object; until then what it was before is what is restored. Without any key it
 * fails with `InvalidArgument`.
 *
 * Of two runs that work on one set at once, one goes on and the other fails as `Rejected`, its keys with it, where the storage can
 * create only (`capabilities.createOnly`); where it can't, a set is for one run at a time. A run that was held up leaves the set to
 * one that has gone on with it meanwhile, and fails so, too. Only a manifest that is already on its way to the storage then, and lands
 * after that of the other run, takes its place: until the next run, a restore gives what the earlier one saw.
 *
 * Whether the stored objects of earlier runs are there and of their size is asked before anything is reused, where the storage can list
 * or `stat`; that their bytes are still right is for `verifyBackup`.
 *
 * Holds `bytesInFlight` at most (three segments at least), and a copy of the segments that are on the way, of which there are six at most.
 */
export const backupToSet = <E extends { readonly _tag: string }, EK = never>(
  options: BackupSetOptions<E, EK>,
): Stream.Stream<BulkProgress<E | SetFailure>, EK | SetFailure> =>
  Stream.unwrap(
    Effect.map(start(options), (run) => {
      const committed = startOf(run.prior)
      const { concurrency } = completeBounds({ ...options, concurrency: options.concurrency ?? defaultConcurrency })
      const prepared = prepareKeys(run, streamOfKeys(options.keys), concurrency)
      const parts = packParts(prepared, { segmentBytes: run.wholeBytes, partEntries, partMetadataBytes })
      const uploaded = Stream.mapEffect(parts, uploadPart(run), { concurrency: segmentsInFlight })
      const results = Stream.flattenIterable(Stream.mapEffect(uploaded, commitPart(run, committed)))
      return Stream.concat(withTotals(results), Stream.fromEffectDrain(writeManifest(run, committed)))
    }),
  )
