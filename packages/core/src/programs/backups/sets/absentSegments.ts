/** Whether what an earlier run stored is still there: a lifecycle rule of the bucket, or somebody's hand, may have removed it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../../errors/BackendError.ts"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import { repeating } from "../repeating.ts"
import type { SegmentRef } from "./SetFormat.ts"

/** Folders, or single objects, that are asked for at once. */
const asksInFlight = 8

/** The folder of the generation that a segment belongs to. */
const generationOf = (name: string): string => name.slice(0, name.lastIndexOf("/", name.lastIndexOf("/") - 1) + 1)

const isWhole = (segment: SegmentRef, sizeBytes: number | undefined): boolean =>
  sizeBytes === undefined || sizeBytes === segment.sizeBytes

/** A call for each thousand names of the generations that still hold something. */
const askByListing = (storage: ObjectStorageService, absent: Map<string, SegmentRef>) =>
  Effect.forEach(
    new Set(Array.from(absent.keys(), generationOf)),
    (folder) =>
      repeating(
        Stream.runForEach(storage.list(folder), ({ name, sizeBytes }) =>
          Effect.sync(() => {
            const segment = absent.get(name)
            if (segment !== undefined && isWhole(segment, sizeBytes)) absent.delete(name)
          }),
        ),
      ),
    { concurrency: asksInFlight, discard: true },
  )

const askOneByOne = (storage: ObjectStorageService, absent: Map<string, SegmentRef>) =>
  Effect.forEach(
    [...absent.values()],
    (segment) =>
      Effect.map(repeating(storage.stat(segment.name)), (found) => {
        if (Option.isSome(found) && isWhole(segment, found.value.sizeBytes)) absent.delete(segment.name)
      }),
    { concurrency: asksInFlight, discard: true },
  )

/**
 * The names of those stored objects that are not there, or of another size. A storage that can neither list nor tell of an object
 * can't be asked: nothing is missing then.
 */
export const absentSegments = (
  storage: ObjectStorageService,
  segments: Iterable<SegmentRef>,
): Effect.Effect<ReadonlySet<string>, BackendError> =>
  Effect.suspend(() => {
    const absent = new Map(Array.from(segments, (segment) => [segment.name, segment] as const))
    const { list, stat } = storage.capabilities
    if (absent.size === 0 || !(list || stat)) return Effect.succeed(new Set<string>())
    const asked = list ? askByListing(storage, absent) : askOneByOne(storage, absent)
    return Effect.map(asked, () => new Set(absent.keys()))
  })
