/** The last stages of a set: segments go up side by side, their indexes one after the other, the manifest at the end. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { InvalidArgument } from "../../../errors/InvalidArgument.ts"
import { readBytes } from "../../../storage/collectBytes.ts"
import { storageError } from "../../../storage/storageError.ts"
import type { BulkResult } from "../../bulk/Bulk.ts"
import { sha256 } from "../digest.ts"
import { repeating } from "../repeating.ts"
import { digestPart } from "./digestPart.ts"
import type { PackedPart } from "./packParts.ts"
import { maxDocumentBytes, readManifest } from "./readSet.ts"
import { encodeIndex, encodeManifest, type SegmentRef, type SetEntry, type SetManifest } from "./SetFormat.ts"
import type { Packed, SetFailure, SetRun } from "./SetRun.ts"
import { indexNameOf, manifestNameOf, segmentNameOf } from "./setNames.ts"

/** A part whose bytes are stored, and what its index will say. */
export interface UploadedPart<E> {
  readonly part: number
  readonly entries: ReadonlyArray<SetEntry>
  readonly segments: ReadonlyArray<SegmentRef>
  /** What to tell of each key once the index is there. */
  readonly results: ReadonlyArray<BulkResult<E>>
  /** The index as it will be stored. */
  readonly index: Uint8Array
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

const put = <E>(run: SetRun<E>, name: string, bytes: Uint8Array, digest?: string): Effect.Effect<void, SetFailure> =>
  Effect.asVoid(repeating(run.storage.put(name, bytes, digest === undefined ? {} : { sha256: digest })))

/** Field by field, since a spread costs more than everything else that is done here for an object. */
const entryOf = ({ bytes, properties }: Packed, digest: string, segment: string, offset: number): SetEntry => ({
  key: properties.key,
  framedbId: properties.framedbId,
  type: properties.type,
  metadata: properties.metadata,
  content: properties.content,
  sizeBytes: bytes.byteLength,
  sha256: digest,
  segment,
  offset,
})

/** Says what lies where. `digests` are those of what is packed; without any, what comes of it can only fail. */
const layOut = <E>(part: PackedPart<E>, segment: SegmentRef, digests: ReadonlyArray<string>): LaidOutPart<E> => {
  const entries: Array<SetEntry> = []
  const segments = new Map<string, SegmentRef>()
  const results: Array<BulkResult<E>> = []
  let offset = 0
  let packed = 0
  for (const item of part.items) {
    if (item.kind === "settled") {
      results.push(item.result)
      continue
    }
    const isPacked = item.kind === "packed"
    const entry = isPacked ? entryOf(item, digests[packed++] ?? "", segment.name, offset) : item.entry
    if (isPacked) offset += entry.sizeBytes
    segments.set(entry.segment, isPacked ? segment : item.segment)
    entries.push(entry)
    results.push({ status: isPacked ? "succeeded" : item.status, key: entry.key, sizeBytes: entry.sizeBytes })
  }
  return { entries, segments: [...segments.values()], results }
}

/** The same part, nothing of which got through. */
const failAll = <E>(uploaded: LaidOut<E>, error: SetFailure): UploadedPart<E | SetFailure> => ({
  part: uploaded.part,
  entries: [],
  segments: [],
  index: new Uint8Array(),
  results: uploaded.results.map((result) =>
    result.status === "failed" ? result : { status: "failed", key: result.key, error },
  ),
})

type LaidOut<E> = Omit<UploadedPart<E>, "index">

type LaidOutPart<E> = Omit<LaidOut<E>, "part">

const withIndex = <E, A>(run: SetRun<E>, laidOut: LaidOut<A>): UploadedPart<A> => {
  const { entries, part, segments } = laidOut
  const { generation, set } = run.place
  return { ...laidOut, index: encodeIndex({ set, generation, part, segments, entries }) }
}

/** Does work that takes this thread for a while besides an effect: when that has been begun, and is under way elsewhere. */
const besides = <A, E, B>(effect: Effect.Effect<A, E>, work: () => B): Effect.Effect<B, E> =>
  Effect.map(
    Effect.all([effect, Effect.andThen(Effect.yieldNow, Effect.sync(work))], { concurrency: 2 }),
    ([, done]) => done,
  )

/** Stores a part's segment. A storage that fails for good breaks the run: this and every later key fails with its error. */
export const uploadPart =
  <E>(run: SetRun<E>) =>
  (packed: PackedPart<E | SetFailure>): Effect.Effect<UploadedPart<E | SetFailure>> =>
    Effect.suspend(() => {
      const part = run.prior.parts + packed.index
      const segment = { name: segmentNameOf(run.place, part), sizeBytes: packed.segmentBytes }
      const layOutWith = (digests: ReadonlyArray<string>) => ({ part, ...layOut(packed, segment, digests) })
      const packedItems = packed.items.filter((item) => item.kind === "packed")
      if (packedItems.length === 0) return Effect.sync(() => withIndex(run, layOutWith([])))
      const release = run.budget.give(packedItems.reduce((sum, item) => sum + item.roomBytes, 0))
      const { error } = run.broken
      if (error !== undefined) return Effect.as(release, failAll(layOutWith([]), error))
      const uploaded = Effect.flatMap(digestPart(run, packed, packedItems), ({ bytes, digests, whole }) => {
        const laidOut = layOutWith(digests)
        // After a failure something may still be reading the memory.
        const stored = Effect.tap(put(run, segment.name, bytes, whole), () =>
          Effect.sync(() => run.buffers.giveBack(bytes)),
        )
        // Objects without bytes have their segment too: it is empty.
        return breaking(
          run,
          laidOut,
          besides(stored, () => withIndex(run, laidOut)),
        )
      })
      return Effect.ensuring(uploaded, release)
    })

const breaking = <E>(
  run: SetRun<E>,
  uploaded: LaidOut<E | SetFailure>,
  effect: Effect.Effect<UploadedPart<E | SetFailure>, SetFailure>,
): Effect.Effect<UploadedPart<E | SetFailure>> =>
  Effect.map(Effect.result(effect), (ended) => {
    if (Result.isSuccess(ended)) return ended.success
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

const otherRun = (name: string): SetFailure =>
  storageError("put", "Rejected", `another run has written ${JSON.stringify(name)}: one at a time can make a set`)

/** Puts an index where there is none: one that is there is another run's, or this one's, put by a call that got no answer. */
const putIndex = <E>(run: SetRun<E>, name: string, index: Uint8Array): Effect.Effect<void, SetFailure> => {
  const { storage } = run
  if (!storage.capabilities.createOnly) return put(run, name, index)
  return Effect.gen(function* () {
    if ((yield* repeating(storage.put(name, index, { createOnly: true }))) === "written") return
    const found = yield* repeating(readBytes(storage, name, { maxBytes: maxDocumentBytes }))
    const isOwn = Option.isSome(found) && sha256(found.value.bytes) === sha256(index)
    if (!isOwn) return yield* otherRun(name)
  })
}

/** Writes a part's index, which is what makes its objects backed up. Called for one part after the other. */
export const commitPart =
  <E extends { readonly _tag: string }>(run: SetRun<E>, committed: Committed) =>
  (uploaded: UploadedPart<E | SetFailure>): Effect.Effect<ReadonlyArray<BulkResult<E | SetFailure>>> =>
    Effect.suspend(() => {
      const { entries, index, part } = uploaded
      const name = indexNameOf(run.place, run.place.generation, part)
      const { error, fromPart } = run.broken
      // Without a part before it this one would not be found again.
      const written = error === undefined || part < fromPart ? putIndex(run, name, index) : Effect.fail(error)
      return Effect.map(breaking(run, uploaded, Effect.as(written, uploaded)), (ended) => {
        if (part < run.broken.fromPart) {
          committed.indexes.push({ name, sha256: sha256(index), entries: entries.length })
        }
        remember(committed, ended)
        return ended.results
      })
    })

const noKeys = () =>
  new InvalidArgument({
    argument: "keys",
    message: "there is no key to back up, and the set stays as it was: look at what chooses them, such as a prefix",
  })

/**
 * Fails where another run has gone on with this generation, or has completed it: its manifest, there or to come, knows more than this
 * run's, which must not take its place.
 */
const checkAlone = <E>(run: SetRun<E>, committed: Committed): Effect.Effect<void, SetFailure> => {
  const { place, prior, storage } = run
  const next = indexNameOf(place, place.generation, prior.parts + committed.indexes.length - prior.committed.length)
  const asked = [
    repeating(Effect.scoped(Effect.map(storage.get(next), Option.isSome))),
    Effect.map(
      readManifest(storage, place),
      Option.exists(({ generation }) => generation >= place.generation),
    ),
  ]
  return Effect.flatMap(Effect.all(asked, { concurrency: 2 }), (others) =>
    others.includes(true) ? Effect.fail(otherRun(manifestNameOf(place))) : Effect.void,
  )
}

/** Completes the set, unless a key is missing that should be in it. One of no keys at all would take a good one's place. */
export const writeManifest = <E>(run: SetRun<E>, committed: Committed): Effect.Effect<void, SetFailure> =>
  Effect.gen(function* () {
    if (committed.isPartial || run.broken.error !== undefined) return
    if (committed.indexes.length === run.prior.committed.length) return yield* noKeys()
    const createdAt = new Date(yield* Clock.currentTimeMillis).toISOString()
    const { generation } = run.prior
    const { bytes, indexes, objects } = committed
    const segments = [...committed.segments.values()]
    const manifest = { set: run.place.set, generation, createdAt, objects, bytes, indexes, segments }
    const text = new TextEncoder().encode(encodeManifest(manifest))
    if (text.byteLength > maxDocumentBytes) {
      const message = `${segments.length} stored objects are too many for one set: make several`
      return yield* new InvalidArgument({ argument: "set", message })
    }
    yield* checkAlone(run, committed)
    yield* put(run, manifestNameOf(run.place), text)
  })
