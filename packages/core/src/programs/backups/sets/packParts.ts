/** The second stage of a set: gathers what was read into parts, each with a segment of several MiB. */
import * as Stream from "effect/Stream"
import type { Prepared } from "./SetRun.ts"

/** When a part is full. */
export interface PackBounds {
  /** The bytes of a segment; it ends with the object that reaches them. */
  readonly segmentBytes: number
  /** The most entries of an index, so that it stays small enough to be read whole. */
  readonly partEntries: number
}

/** What goes into one segment and one index. */
export interface PackedPart<E> {
  /** Its place among the parts of this run, from 0. */
  readonly index: number
  readonly items: ReadonlyArray<Prepared<E>>
  /** The size of the segment; 0 where everything is stored already. */
  readonly segmentBytes: number
}

interface Filling<E> {
  index: number
  items: Array<Prepared<E>>
  bytes: number
}

const sizeOf = <E>(item: Prepared<E>): number => (item.kind === "packed" ? item.bytes.byteLength : 0)

const take = <E>(filling: Filling<E>): PackedPart<E> => {
  const part = { index: filling.index, items: filling.items, segmentBytes: filling.bytes }
  filling.index++
  filling.items = []
  filling.bytes = 0
  return part
}

const alone = <E>(filling: Filling<E>, item: Prepared<E>): PackedPart<E> => ({
  index: filling.index++,
  items: [item],
  segmentBytes: 0,
})

/** Adds an item, and gives the part that is full with it. */
const add = <E>(filling: Filling<E>, item: Prepared<E>, bounds: PackBounds): PackedPart<E> | undefined => {
  // A large object is known to be stored as soon as it is, without waiting for a segment to fill.
  if (item.kind === "stored" && item.isLarge) return alone(filling, item)
  filling.items.push(item)
  filling.bytes += sizeOf(item)
  const isFull = filling.bytes >= bounds.segmentBytes || filling.items.length >= bounds.partEntries
  return isFull ? take(filling) : undefined
}

/** Gathers items into parts. Nothing gives no part. */
export const packParts = <E, E2, R>(
  items: Stream.Stream<ReadonlyArray<Prepared<E>>, E2, R>,
  bounds: PackBounds,
): Stream.Stream<PackedPart<E>, E2, R> =>
  Stream.suspend(() => {
    const filling: Filling<E> = { index: 0, items: [], bytes: 0 }
    const full = Stream.map(items, (batch) =>
      batch.flatMap((item) => {
        const part = add(filling, item, bounds)
        return part === undefined ? [] : [part]
      }),
    )
    const rest = Stream.suspend(() => (filling.items.length === 0 ? Stream.empty : Stream.succeed(take(filling))))
    return Stream.concat(Stream.flattenIterable(full), rest)
  })
