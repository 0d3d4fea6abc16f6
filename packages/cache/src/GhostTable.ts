import type { History } from "./History.ts"

/**
 * The memory of what was evicted: hash, last touch and history of keys, 12 bytes each, never the keys themselves.
 *
 * A set-associative table: a hash belongs to one set of four records, and when they are all taken the one touched longest ago
 * gives way. A set has its four hashes first, side by side, then the times, then the histories. Two keys with the same
 * 32-bit hash are taken for one, which costs a slightly wrong rank, never a wrong value.
 * Ghost lists: N. Megiddo, D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.
 */
const ways = 4
const setLength = 3 * ways
/** Offsets from a record's hash. */
const toTouchedAt = ways
const toHistory = 2 * ways
const leastRecords = 192
/** Growing by a tenth more than is needed makes growing rare: its cost is O(1) an eviction. */
const spare = 1.1

/** Remembers evicted keys by their hashes. */
export class GhostTable {
  /** How many ghosts there can be. */
  capacity = leastRecords
  /** One set after another. A history of zero marks a free record: no key is without a touch. */
  private records = new Int32Array(3 * leastRecords)

  /** The place of the ghost with a hash, or −1. Valid until the next call of `ensureCapacity` or `clear`. */
  find(hash: number): number {
    const { records } = this
    const first = this.setOf(hash)
    for (let place = first; place < first + ways; place++) {
      if (records[place] === hash && records[place + toHistory] !== 0) return place
    }
    return -1
  }

  /**
   * The place where a hash is to be remembered: the record that has it, else a free one of its set, else the one there that was
   * touched longest ago.
   */
  placeFor(hash: number, now: number): number {
    const found = this.find(hash)
    if (found >= 0) return found
    const { records } = this
    const first = this.setOf(hash)
    let place = first
    let oldest = -1
    for (let at = first; at < first + ways; at++) {
      if (records[at + toHistory] === 0) return at
      const age = (now - (records[at + toTouchedAt] ?? 0)) >>> 0
      if (age <= oldest) continue
      oldest = age
      place = at
    }
    return place
  }

  hash(place: number): number {
    return this.records[place] ?? 0
  }

  touchedAt(place: number): number {
    return this.records[place + toTouchedAt] ?? 0
  }

  /** The history at a place, 0 where there is none. */
  history(place: number): History {
    return this.records[place + toHistory] ?? 0
  }

  forget(place: number): void {
    this.records[place + toHistory] = 0
  }

  put(place: number, hash: number, touchedAt: number, history: History): void {
    this.records[place] = hash
    this.records[place + toTouchedAt] = touchedAt
    this.records[place + toHistory] = history
  }

  /** Makes room for at least this many ghosts; what is remembered stays, as far as its new set has room. */
  ensureCapacity(ghosts: number, now: number): void {
    if (ghosts <= this.capacity) return
    const before = new GhostTable()
    before.capacity = this.capacity
    before.records = this.records
    this.allocate(Math.ceil((ghosts * spare) / ways) * ways)
    before.forEach(1, (history, touchedAt, hash) => this.put(this.placeFor(hash, now), hash, touchedAt, history))
  }

  /** Calls back with every ghost, or with one in `step` places. */
  forEach(step: number, visit: (history: History, touchedAt: number, hash: number) => void): void {
    for (let index = 0; index < this.capacity; index += step) {
      const place = Math.floor(index / ways) * setLength + (index % ways)
      const history = this.history(place)
      if (history !== 0) visit(history, this.touchedAt(place), this.hash(place))
    }
  }

  clear(): void {
    this.allocate(leastRecords)
  }

  private setOf(hash: number): number {
    return Math.floor(((hash >>> 0) * (this.capacity / ways)) / 2 ** 32) * setLength
  }

  private allocate(capacity: number): void {
    this.capacity = capacity
    this.records = new Int32Array(3 * capacity)
  }
}
