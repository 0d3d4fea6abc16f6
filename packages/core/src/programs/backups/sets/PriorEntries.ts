/** What a run need not upload: what this set or its base holds already, and what a run that broke off has done. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../../errors/BackendError.ts"
import type { IntegrityError } from "../../../errors/IntegrityError.ts"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import { absentSegments } from "./absentSegments.ts"
import { indexesOf, type ReadIndex, readManifest, unfinishedParts } from "./readSet.ts"
import type { SegmentRef, SetEntry, SetIndex } from "./SetFormat.ts"
import type { SetPlace } from "./setNames.ts"

/** An entry that was found, and whether the generation being written has it already. */
export interface PriorEntry {
  readonly entry: SetEntry
  readonly isCommitted: boolean
}

/** A part that a run which broke off has written. */
export interface CommittedPart extends Omit<ReadIndex, "index"> {
  readonly entries: number
  readonly bytes: number
  readonly segments: ReadonlyArray<SegmentRef>
}

/** What was found before a run begins. It takes some 500 bytes of memory an object. */
export interface Prior {
  readonly entries: ReadonlyMap<string, PriorEntry>
  /** The stored objects that earlier runs name and that are there: what lies in another can't be reused. */
  readonly segments: ReadonlyMap<string, SegmentRef>
  /** The generation to write: one after the last that was completed. */
  readonly generation: number
  /** How many parts of it are there. One that can't be read keeps its place: an index is never written over. */
  readonly parts: number
  /** The parts of it that are done. */
  readonly committed: ReadonlyArray<CommittedPart>
}

/** Where to look. */
export interface PriorOptions {
  readonly storage: ObjectStorageService
  readonly place: SetPlace
  /** Another set whose unchanged objects are reused. */
  readonly base: string | undefined
  /** Reuses nothing of completed sets. */
  readonly isFull: boolean
}

/** What has gone since it was stored must not be told of again: it is uploaded, as if there had never been any. */
const forgetAbsent = Effect.fnUntraced(function* (storage: ObjectStorageService, segments: Map<string, SegmentRef>) {
  const absent = yield* absentSegments(storage, segments.values())
  for (const name of absent) segments.delete(name)
  if (absent.size === 0) return
  yield* Effect.logWarning(
    `${absent.size} stored objects of earlier runs are gone or cut: what they held is uploaded again`,
  )
})

const bytesOf = (index: SetIndex): number => index.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0)

/** Looks for what is there. Fails where the set's own manifest can't be trusted; a base that can't be is left out. */
export const findPrior = Effect.fnUntraced(function* (
  options: PriorOptions,
): Effect.fn.Return<Prior, BackendError | IntegrityError> {
  const { place, storage } = options
  const entries = new Map<string, PriorEntry>()
  const segments = new Map<string, SegmentRef>()
  const addSegments = (index: SetIndex): void => {
    for (const segment of index.segments) segments.set(segment.name, segment)
  }
  const addEntries = (index: SetIndex, isCommitted: boolean): void => {
    for (const entry of index.entries) entries.set(entry.key, { entry, isCommitted })
  }
  const own = yield* readManifest(storage, place)
  const addBase = Effect.fnUntraced(function* (set: string) {
    const manifest = set === place.set ? own : yield* readManifest(storage, { ...place, set })
    if (Option.isNone(manifest)) return
    yield* Stream.runForEach(indexesOf(storage, manifest.value), (index) =>
      Effect.sync(() => {
        addSegments(index)
        addEntries(index, false)
      }),
    )
  })
  if (!options.isFull) {
    const sets = options.base === undefined ? [place.set] : [options.base, place.set]
    yield* Effect.forEach(sets, (set) =>
      Effect.catchTag(addBase(set), "IntegrityError", (error) =>
        Effect.logWarning(`a set can't be reused, everything is uploaded: ${error.message}`),
      ),
    )
  }
  const generation = Option.match(own, { onNone: () => 1, onSome: (manifest) => manifest.generation + 1 })
  const unfinished = yield* Stream.runCollect(unfinishedParts(storage, place, generation))
  // What a part that was cut in the middle told of is written again, into another.
  const readable = unfinished.flatMap((part) => (Result.isSuccess(part) ? [part.success] : []))
  for (const { index } of readable) addSegments(index)
  yield* forgetAbsent(storage, segments)
  const committed: Array<CommittedPart> = []
  for (const { index, name, sha256 } of readable) {
    const isWhole = index.segments.every((segment) => segments.has(segment.name))
    addEntries(index, isWhole)
    if (!isWhole) continue
    committed.push({ name, sha256, entries: index.entries.length, bytes: bytesOf(index), segments: index.segments })
  }
  return { entries, segments, generation, parts: unfinished.length, committed }
})
