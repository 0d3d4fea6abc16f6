import type { History } from "./History.ts"

/**
 * The memory of what was evicted: hash, last touch and history of keys, 12 bytes each, never the keys themselves.
 *
 * A set-associative table: a hash belongs to one set of eight records, and when they are all taken the one touched longest ago
 * gives way. Two keys with the same 32-bit hash are taken for one, which costs a slightly wrong rank, never a wrong value.
 * Ghost lists: N. Megiddo, D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.
 */
const ways = 8
const fields = 3
const leastRecords = 192
/** Growing by a tenth more than is needed makes growing rare: its cost is O(1) an eviction. */
const spare = 1.1

/** See the head of this file. */
export class GhostTable {
  /** How many ghosts there can be. */
  capacity = leastRecords
  /** Hash, last touch and history of one record after another. A history of zero marks a free one: no key is without a touch. */
  private records = new Int32Array(leastRecords * fields)

  /**
   * The place of a hash: the record that has it, else a free one of its set, else the one there that was touched longest ago.
   *
   * Valid until the next call of `ensureCapacity` or `clear`.
   */
  locate(hash: number, now: number): number {
    const { records } = this
    const sets = this.capacity / ways
    const first = Math.floor(((hash >>> 0) * sets) / 2 ** 32) * ways * fields
    let place = first
    let oldest = -1
    for (let at = first; at < first + ways * fields; at += fields) {
      const isFree = records[at + 2] === 0
      if (!isFree && records[at] === hash) return at
      const age = isFree ? 2 ** 32 : (now - (records[at + 1] ?? 0)) >>> 0
      if (age > oldest) {
        oldest = age
        place = at
      }
    }
    return place
  }

  /** Whether the ghost of a hash is at its place. */
  isAt(place: number, hash: number): boolean {
    return this.records[place] === hash && this.records[place + 2] !== 0
  }

  touchedAt(place: number): number {
    return this.records[place + 1] ?? 0
  }

  /** The history at a place, 0 where there is none. */
  history(place: number): History {
    return this.records[place + 2] ?? 0
  }

  forget(place: number): void {
    this.records[place + 2] = 0
  }

  put(place: number, hash: number, touchedAt: number, history: History): void {
    this.records[place] = hash
    this.records[place + 1] = touchedAt
    this.records[place + 2] = history
  }

  /** Makes room for at least this many ghosts; what is remembered stays, as far as its new set has room. */
  ensureCapacity(ghosts: number, now: number): void {
    if (ghosts <= this.capacity) return
    const { records } = this
    this.allocate(Math.ceil((ghosts * spare) / ways) * ways)
    for (let at = 0; at < records.length; at += fields) {
      const hash = records[at] ?? 0
      const history = records[at + 2] ?? 0
      if (history !== 0) this.put(this.locate(hash, now), hash, records[at + 1] ?? 0, history)
    }
  }

  /** Calls back with history and last touch of every ghost, or of one in `step` places. */
  forEach(step: number, visit: (history: History, touchedAt: number) => void): void {
    for (let at = 0; at < this.records.length; at += step * fields) {
      const history = this.history(at)
      if (history !== 0) visit(history, this.touchedAt(at))
    }
  }

  clear(): void {
    this.allocate(leastRecords)
  }

  private allocate(capacity: number): void {
    this.capacity = capacity
    this.records = new Int32Array(capacity * fields)
  }
}
