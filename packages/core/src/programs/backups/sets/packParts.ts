/** The second stage of a set: gathers what was read into parts, each with a segment of several MiB. */
import * as Stream from "effect/Stream"
import type { Json } from "../../../domain/Metadata.ts"
import type { Prepared } from "./SetRun.ts"

/** When a part is full. */
export interface PackBounds {
  /** The bytes of a segment; it ends with the object that reaches them. */
  readonly segmentBytes: number
  /** The most entries of an index, so that it stays small enough to be read whole. */
  readonly partEntries: number
  /** The most bytes of metadata in an index, as far as it is known without writing them out. */
  readonly partMetadataBytes: number
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
  metadataBytes: number
}

const sizeOf = <E>(item: Prepared<E>): number => (item.kind === "packed" ? item.bytes.byteLength : 0)

/** About how long a JSON value is. */
const roughBytesOf = (value: Json): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 8
  let bytes = 0
  for (const name in value) bytes += name.length + roughBytesOf((value as Record<string, Json>)[name] ?? null) // An array has names, too.
  return bytes
}

const metadataBytesOf = <E>(item: Prepared<E>): number => {
  if (item.kind === "settled") return 0
  return roughBytesOf(item.kind === "packed" ? item.properties.metadata : item.entry.metadata)
}

const take = <E>(filling: Filling<E>): PackedPart<E> => {
  const part = { index: filling.index, items: filling.items, segmentBytes: filling.bytes }
  filling.index++
  filling.items = []
  filling.bytes = 0
  filling.metadataBytes = 0
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
  filling.metadataBytes += metadataBytesOf(item)
  const isFull =
    filling.bytes >= bounds.segmentBytes ||
    filling.items.length >= bounds.partEntries ||
    filling.metadataBytes >= bounds.partMetadataBytes
  return isFull ? take(filling) : undefined
}

/** Gathers items into parts. Nothing gives no part. */
export const packParts = <E, E2, R>(
  items: Stream.Stream<ReadonlyArray<Prepared<E>>, E2, R>,
  bounds: PackBounds,
): Stream.Stream<PackedPart<E>, E2, R> =>
  Stream.suspend(() => {
    const filling: Filling<E> = { index: 0, items: [], bytes: 0, metadataBytes: 0 }
    const full = Stream.map(items, (batch) =>
      batch.flatMap((item) => {
        const part = add(filling, item, bounds)
        return part === undefined ? [] : [part]
      }),
    )
    const rest = Stream.suspend(() => (filling.items.length === 0 ? Stream.empty : Stream.succeed(take(filling))))
    return Stream.concat(Stream.flattenIterable(full), rest)
  })
