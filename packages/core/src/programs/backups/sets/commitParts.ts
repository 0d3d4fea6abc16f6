/** The last stages of a set: segments go up side by side, their indexes one after the other, the manifest at the end. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { BulkResult } from "../../bulk/Bulk.ts"
import type { BackupDescription } from "../BackupDescription.ts"
import { sha256 } from "../digest.ts"
import { repeating } from "../repeating.ts"
import type { PackedPart } from "./packParts.ts"
import { encodeIndex, encodeManifest, type SegmentRef, type SetEntry, type SetManifest } from "./SetFormat.ts"
import type { SetFailure, SetRun } from "./SetRun.ts"
import { indexNameOf, manifestNameOf, segmentNameOf } from "./setNames.ts"

/** A part whose bytes are stored, and what its index will say. */
export interface UploadedPart<E> {
  readonly part: number
  readonly entries: ReadonlyArray<SetEntry>
  readonly segments: ReadonlyArray<SegmentRef>
  /** What to tell of each key once the index is there. */
  readonly results: ReadonlyArray<BulkResult<E>>
}

/** What a run has committed so far: the manifest to be. */
export interface Committed {
  readonly indexes: Array<SetManifest["indexes"][number]>
  readonly segments: Map<string, SegmentRef>
  objects: number
  bytes: number
  /** Whether a key failed that is there to be backed up: then the set stays unfinished, to be gone on with. */
  isPartial: boolean
}

const put = <E>(run: SetRun<E>, name: string, bytes: Uint8Array): Effect.Effect<void, SetFailure> =>
  Effect.asVoid(repeating(run.storage.put(name, bytes)))

/** Field by field, since a spread costs more than everything else that is done here for an object. */
const entryOf = (object: BackupDescription, segment: string, offset: number): SetEntry => ({
  key: object.key,
  framedbId: object.framedbId,
  type: object.type,
  metadata: object.metadata,
  content: object.content,
  sizeBytes: object.sizeBytes,
  sha256: object.sha256,
  segment,
  offset,
})

const layOut = <E>(part: PackedPart<E>, segment: SegmentRef): Omit<UploadedPart<E>, "part"> => {
  const entries: Array<SetEntry> = []
  const segments = new Map<string, SegmentRef>()
  const results: Array<BulkResult<E>> = []
  let offset = 0
  for (const item of part.items) {
    if (item.kind === "settled") {
      results.push(item.result)
      continue
    }
    const isPacked = item.kind === "packed"
    const entry = isPacked ? entryOf(item.description, segment.name, offset) : item.entry
    if (isPacked) offset += item.bytes.byteLength
    segments.set(entry.segment, isPacked ? segment : item.segment)
    entries.push(entry)
    results.push({ status: isPacked ? "succeeded" : item.status, key: entry.key, sizeBytes: entry.sizeBytes })
  }
  return { entries, segments: [...segments.values()], results }
}

/** The same part, nothing of which got through. */
const failAll = <E>(uploaded: UploadedPart<E>, error: SetFailure): UploadedPart<E | SetFailure> => ({
  part: uploaded.part,
  entries: [],
  segments: [],
  results: uploaded.results.map((result) =>
    result.status === "failed" ? result : { status: "failed", key: result.key, error },
  ),
})

/** Stores a part's segment. A storage that fails for good breaks the run: this and every later key fails with its error. */
export const uploadPart =
  <E>(run: SetRun<E>) =>
  (packed: PackedPart<E | SetFailure>): Effect.Effect<UploadedPart<E | SetFailure>> =>
    Effect.suspend(() => {
      const part = run.prior.committed.length + packed.index
      const name = segmentNameOf(run.place, run.prior.generation, part)
      const uploaded = { part, ...layOut(packed, { name, sizeBytes: packed.segmentBytes }) }
      const packedItems = packed.items.filter((item) => item.kind === "packed")
      if (packedItems.length === 0) return Effect.succeed(uploaded)
      const release = run.budget.give(packedItems.reduce((sum, item) => sum + item.roomBytes, 0))
      const { error } = run.broken
      if (error !== undefined) return Effect.as(release, failAll(uploaded, error))
      const bytes = run.buffers.join(
        packedItems.map((item) => item.bytes),
        packed.segmentBytes,
      )
      // After a failure something may still be reading the memory.
      const stored = Effect.tap(put(run, name, bytes), () => Effect.sync(() => run.buffers.giveBack(bytes)))
      // Objects without bytes have their segment too: it is empty.
      return Effect.ensuring(breaking(run, uploaded, stored), release)
    })

const breaking = <E>(
  run: SetRun<E>,
  uploaded: UploadedPart<E | SetFailure>,
  effect: Effect.Effect<void, SetFailure>,
): Effect.Effect<UploadedPart<E | SetFailure>> =>
  Effect.map(Effect.result(effect), (ended) => {
    if (Result.isSuccess(ended)) return uploaded
    run.broken.error ??= ended.failure
    run.broken.fromPart = Math.min(run.broken.fromPart, uploaded.part)
    return failAll(uploaded, ended.failure)
  })

const hasExpectedFailure = (result: BulkResult<{ readonly _tag: string }>): boolean =>
  result.status === "failed" && (result.error._tag === "ObjectNotFound" || result.error._tag === "InvalidArgument")

const remember = (committed: Committed, uploaded: UploadedPart<{ readonly _tag: string }>): void => {
  for (const segment of uploaded.segments) committed.segments.set(segment.name, segment)
  for (const entry of uploaded.entries) committed.bytes += entry.sizeBytes
  committed.objects += uploaded.entries.length
  if (uploaded.results.some((result) => result.status === "failed" && !hasExpectedFailure(result))) {
    committed.isPartial = true
  }
}

/** Writes a part's index, which is what makes its objects backed up. Called for one part after the other. */
export const commitPart =
  <E extends { readonly _tag: string }>(run: SetRun<E>, committed: Committed) =>
  (uploaded: UploadedPart<E | SetFailure>): Effect.Effect<ReadonlyArray<BulkResult<E | SetFailure>>> =>
    Effect.suspend(() => {
      const { entries, part, segments } = uploaded
      const name = indexNameOf(run.place, run.prior.generation, part)
      const text = encodeIndex({ set: run.place.set, generation: run.prior.generation, part, segments, entries })
      const bytes = new TextEncoder().encode(text)
      const { error, fromPart } = run.broken
      // Without a part before it this one would not be found again.
      const written = error === undefined || part < fromPart ? put(run, name, bytes) : Effect.fail(error)
      return Effect.map(breaking(run, uploaded, written), (ended) => {
        if (part < run.broken.fromPart) {
          committed.indexes.push({ name, sha256: sha256(bytes), entries: entries.length })
        }
        remember(committed, ended)
        return ended.results
      })
    })

/** Completes the set, unless a key is missing that should be in it. */
export const writeManifest = <E>(run: SetRun<E>, committed: Committed): Effect.Effect<void, SetFailure> =>
  Effect.gen(function* () {
    if (committed.isPartial || run.broken.error !== undefined) return
    const createdAt = new Date(yield* Clock.currentTimeMillis).toISOString()
    const { generation } = run.prior
    const { bytes, indexes, objects } = committed
    const segments = [...committed.segments.values()]
    const manifest = { set: run.place.set, generation, createdAt, objects, bytes, indexes, segments }
    yield* put(run, manifestNameOf(run.place), new TextEncoder().encode(encodeManifest(manifest)))
  })
