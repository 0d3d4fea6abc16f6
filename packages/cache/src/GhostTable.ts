import type { History } from "./History.ts"

/**
 * The memory of what was evicted: hash, last touch and history of keys, 12 bytes each, never the keys themselves.
 *
 * A set-associative table: a hash belongs to one set of eight records, and when they are all taken the one touched longest ago
 * gives way. Two keys with the same 32-bit hash are taken for one, which costs a slightly wrong rank, never a wrong value.
 * Ghost lists: N. Megiddo, D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.
 */
const ways = 8
const leastRecords = 192
/** Growing by a quarter more than is needed makes growing rare: its cost is O(1) an eviction. */
const spare = 1.25

export class GhostTable {
  /** How many ghosts there can be before one must give way. */
  capacity = leastRecords
  private hashes = new Int32Array(leastRecords)
  private touchedAts = new Int32Array(leastRecords)
  /** Zero marks a free record: no key without a touch is ever remembered. */
  private histories = new Int32Array(leastRecords)

  /** The record of a hash, or −1. */
  find(hash: number): number {
    const first = this.setOf(hash)
    for (let record = first; record < first + ways; record++) {
      if (this.hashes[record] === hash && this.histories[record] !== 0) return record
    }
    return -1
  }

  touchedAt(record: number): number {
    return this.touchedAts[record] ?? 0
  }

  /** The history in a record, 0 where there is none. */
  history(record: number): History {
    return this.histories[record] ?? 0
  }

  forget(record: number): void {
    this.histories[record] = 0
  }

  /** The record that a hash would be put in: a free one, else the one touched longest ago, which its owner may want to read first. */
  placeFor(hash: number, now: number): number {
    const first = this.setOf(hash)
    let oldest = first
    let oldestAge = -1
    for (let record = first; record < first + ways; record++) {
      if (this.histories[record] === 0) return record
      const age = (now - (this.touchedAts[record] ?? 0)) >>> 0
      if (age > oldestAge) {
        oldest = record
        oldestAge = age
      }
    }
    return oldest
  }

  put(record: number, hash: number, touchedAt: number, history: History): void {
    this.hashes[record] = hash
    this.touchedAts[record] = touchedAt
    this.histories[record] = history
  }

  /** Makes room for at least this many ghosts; what is remembered stays, as far as its new set has room. */
  ensureCapacity(ghosts: number, now: number): void {
    if (ghosts <= this.capacity) return
    const { hashes, histories, touchedAts } = this
    this.allocate(Math.ceil((ghosts * spare) / ways) * ways)
    for (let record = 0; record < histories.length; record++) {
      const history = histories[record] ?? 0
      if (history === 0) continue
      const hash = hashes[record] ?? 0
      this.put(this.placeFor(hash, now), hash, touchedAts[record] ?? 0, history)
    }
  }

  clear(): void {
    this.allocate(leastRecords)
  }

  private allocate(capacity: number): void {
    this.capacity = capacity
    this.hashes = new Int32Array(capacity)
    this.touchedAts = new Int32Array(capacity)
    this.histories = new Int32Array(capacity)
  }

  private setOf(hash: number): number {
    const sets = this.capacity / ways
    return Math.floor(((hash >>> 0) * sets) / 2 ** 32) * ways
  }
}
