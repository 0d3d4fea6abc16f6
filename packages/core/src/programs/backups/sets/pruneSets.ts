/** Removes what no kept set needs. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../../errors/BackendError.ts"
import type { IntegrityError } from "../../../errors/IntegrityError.ts"
import { InvalidArgument } from "../../../errors/InvalidArgument.ts"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import { repeating } from "../repeating.ts"
import { indexesOf, readManifest, unfinishedIndexes } from "./readSet.ts"
import { generationFolder, manifestNameOf, readSetName, setsFolder } from "./setNames.ts"

/** What is kept and what may go. */
export interface PruneOptions {
  readonly storage: ObjectStorageService
  /** The prefix that the backups were made with; empty by default. */
  readonly prefix?: string
  /** The sets that stay. Each must be there. */
  readonly keep: ReadonlyArray<string> | ReadonlySet<string>
  /** Tells what would be removed and removes nothing; false by default. */
  readonly dryRun?: boolean
}

/** What was removed, or on a dry run would be. */
export interface PruneReport {
  readonly names: ReadonlyArray<string>
  /** As far as the storage's listing says sizes. */
  readonly bytes: number
}

interface Needed {
  readonly names: Set<string>
  /** What begins so is being written. */
  readonly folders: Array<string>
}

const noSuchSet = (set: string): InvalidArgument =>
  new InvalidArgument({
    argument: "keep",
    message: `there is no set ${JSON.stringify(set)} to keep: nothing was removed`,
  })

/** Adds what one set needs: its manifest, all that this names, and what an unfinished run of it has written or reuses. */
const addNeeded = Effect.fnUntraced(function* (options: PruneOptions, set: string, needed: Needed) {
  const { storage } = options
  const place = { prefix: options.prefix ?? "", set }
  const manifest = yield* readManifest(storage, place)
  const generation = Option.match(manifest, { onNone: () => 1, onSome: (found) => found.generation + 1 })
  const folder = generationFolder(place, generation)
  if (Option.isNone(manifest)) {
    const isBegun = yield* Stream.runCount(Stream.take(storage.list(folder), 1))
    if (isBegun === 0) return yield* noSuchSet(set)
  } else {
    needed.names.add(manifestNameOf(place))
    for (const index of manifest.value.indexes) needed.names.add(index.name)
    for (const segment of manifest.value.segments) needed.names.add(segment.name)
    // Reading every index proves that the manifest names what the set needs.
    yield* Stream.runForEach(indexesOf(storage, manifest.value), (index) =>
      Effect.sync(() => {
        for (const entry of index.entries) needed.names.add(entry.segment)
      }),
    )
  }
  needed.folders.push(folder)
  yield* Stream.runForEach(unfinishedIndexes(storage, place, generation), ({ index }) =>
    Effect.sync(() => {
      for (const segment of index.segments) needed.names.add(segment.name)
    }),
  )
})

const isManifest = (name: string): boolean => name.endsWith("/manifest.json")

/**
 * Removes every set that is not named, and of those that are every generation but the current and the one being written,
 * except for the stored objects that a kept set still refers to. When anything that says what a kept set needs can't be read
 * or trusted, it fails and removes nothing. Must not run beside a backup into a set that is not kept, or whose base is not.
 */
export const pruneSets = Effect.fnUntraced(function* (
  options: PruneOptions,
): Effect.fn.Return<PruneReport, BackendError | IntegrityError | InvalidArgument> {
  const { prefix = "", storage } = options
  // Before it is asked what is needed: what a backup writes from now on is not among what may go.
  const listed = yield* Stream.runCollect(storage.list(setsFolder(prefix)))
  const needed: Needed = { names: new Set(), folders: [] }
  for (const set of new Set(options.keep)) yield* addNeeded(options, set, needed)
  const isNeeded = (name: string) => needed.names.has(name) || needed.folders.some((folder) => name.startsWith(folder))
  const removable = listed.filter(({ name }) => readSetName(name, prefix) !== undefined && !isNeeded(name))
  const names = removable.map(({ name }) => name)
  if (options.dryRun !== true) {
    // A set goes with its manifest: what is left after a crash is no set any more, and goes the next time.
    const manifests = names.filter(isManifest)
    const others = names.filter((name) => !isManifest(name))
    const remove = (name: string) => repeating(storage.delete(name))
    yield* Effect.forEach(manifests, remove, { concurrency: 8, discard: true })
    yield* Effect.forEach(others, remove, { concurrency: 8, discard: true })
  }
  return { names, bytes: removable.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0) }
})
