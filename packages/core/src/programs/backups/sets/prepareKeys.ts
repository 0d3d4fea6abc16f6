/**
 * The first stage of a set for many keys: they are looked up in windows and read in batches, so that what has to be done
 * for each object by itself is its digest; what no batch takes is prepared alone.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isObjectKey } from "../../../domain/ObjectKey.ts"
import type { BackupBatch } from "../BackupSource.ts"
import { keptRoomOf, prepareBytes, prepareEntry } from "./prepareEntry.ts"
import type { Prepared, SetFailure, SetRun } from "./SetRun.ts"

/** The most keys of a window, which is what a routing service looks up at once. */
const maxWindowKeys = 256

/** The most objects that are opened by themselves at once, in each window and each batch. */
const aloneInFlight = 32

type Prepareds<E> = ReadonlyArray<Prepared<E | SetFailure>>

/** What is done in one go: a batch, or keys that are prepared one by one. */
type Work =
  | { readonly _tag: "Batch"; readonly batch: BackupBatch }
  | { readonly _tag: "Alone"; readonly keys: ReadonlyArray<string> }

const windowWork = <E>(run: SetRun<E>, keys: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Work>> => {
  const { findBatches } = run.source
  if (findBatches === undefined || run.broken.error !== undefined) return Effect.succeed([{ _tag: "Alone", keys }])
  return Effect.map(findBatches(keys.filter(isObjectKey), run.wholeBytes), (batches) => {
    const batched = new Set<string>(batches.flatMap(({ objects }) => objects.map(({ key }) => key)))
    const left = keys.filter((key) => !batched.has(key))
    const work = batches.map((batch): Work => ({ _tag: "Batch", batch }))
    return left.length === 0 ? work : [...work, { _tag: "Alone", keys: left }]
  })
}

const prepareAlone = <E>(run: SetRun<E>, keys: ReadonlyArray<string>): Stream.Stream<Prepareds<E>> =>
  Stream.fromIterable(keys).pipe(
    Stream.mapEffect(prepareEntry(run), { concurrency: aloneInFlight, unordered: true }),
    Stream.map((item) => [item]),
  )

/** Gives first what was read, which then holds nobody up, and after that what is prepared alone. */
const prepareBatch = <E>(run: SetRun<E>, { objects, read }: BackupBatch): Stream.Stream<Prepareds<E>> => {
  const keys = objects.map(({ key }) => key)
  if (run.broken.error !== undefined) return prepareAlone(run, keys)
  const roomBytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const prepared = Effect.map(read, (values) => {
    const items: Array<Prepared<never>> = []
    const left: Array<string> = []
    let keptBytes = 0
    objects.forEach((object, index) => {
      const bytes = values[index]
      if (bytes === undefined) {
        left.push(object.key)
        return
      }
      const item = prepareBytes(run, object, { bytes, roomBytes: object.sizeBytes })
      keptBytes += keptRoomOf(item)
      items.push(item)
    })
    return { items, left, spareBytes: roomBytes - keptBytes }
  })
  const whole = Effect.andThen(
    run.budget.take(roomBytes),
    Effect.flatMap(prepared, ({ items, left, spareBytes }) => Effect.as(run.budget.give(spareBytes), { items, left })),
  )
  return Stream.flatMap(Stream.fromEffect(whole), ({ items, left }) =>
    left.length === 0 ? Stream.succeed(items) : Stream.concat(Stream.succeed(items), prepareAlone(run, left)),
  )
}

/** Prepares keys, in any order; `concurrency` bounds how many are looked up and read at once. */
export const prepareKeys = <E, EK>(
  run: SetRun<E>,
  keys: Stream.Stream<string, EK>,
  concurrency: number,
): Stream.Stream<Prepareds<E>, EK> => {
  const windowKeys = Math.min(concurrency, maxWindowKeys)
  const windowsInFlight = Math.max(1, Math.floor(concurrency / windowKeys))
  return keys.pipe(
    Stream.grouped(windowKeys),
    Stream.mapEffect((window) => windowWork(run, window), { concurrency: windowsInFlight }),
    Stream.flattenIterable,
    Stream.flatMap((work) => (work._tag === "Batch" ? prepareBatch(run, work.batch) : prepareAlone(run, work.keys)), {
      concurrency: windowsInFlight,
    }),
  )
}
