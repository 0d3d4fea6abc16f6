/** How the objects of an index are read: neighbours in one range, so that few calls fetch many objects. */
import type { SetEntry } from "./SetFormat.ts"

/** A stretch of a stored object, and the entries that lie in it. */
export interface PlannedRead {
  readonly segment: string
  readonly offset: number
  readonly length: number
  readonly entries: ReadonlyArray<SetEntry>
}

/** Bytes between two wanted objects that are read along, since a further call would take longer. */
const maxGapBytes = 256 * 1024

const endOf = (entry: SetEntry): number => entry.offset + entry.sizeBytes

const inOrder = (left: SetEntry, right: SetEntry): number =>
  left.segment === right.segment
    ? left.offset - right.offset || left.sizeBytes - right.sizeBytes
    : left.segment < right.segment
      ? -1
      : 1

/** Plans ranges of at most `maxBytes`; an entry that is larger has one of its own. */
export const planReads = (entries: ReadonlyArray<SetEntry>, maxBytes: number): ReadonlyArray<PlannedRead> => {
  const reads: Array<{ segment: string; offset: number; length: number; entries: Array<SetEntry> }> = []
  for (const entry of entries.toSorted(inOrder)) {
    const last = reads.at(-1)
    const fits =
      last !== undefined &&
      last.segment === entry.segment &&
      entry.offset - (last.offset + last.length) <= maxGapBytes &&
      endOf(entry) - last.offset <= maxBytes
    if (fits) {
      last.length = Math.max(last.length, endOf(entry) - last.offset)
      last.entries.push(entry)
    } else {
      reads.push({ segment: entry.segment, offset: entry.offset, length: entry.sizeBytes, entries: [entry] })
    }
  }
  return reads
}
