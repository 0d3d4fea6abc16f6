import type { History } from "./History.ts"
import { SlotIndex } from "./SlotIndex.ts"

/** Numbers a slot in `records`: last touch, history, hash. */
const fields = 3
const leastSlots = 16
/** Growing by an eighth more than is there keeps the unused part small; copying a column is cheap. */
const growth = 1.125

/** No slot: the key has no entry. */
export const none = -1

/**
 * All entries of a cache, densely in slots from 0, with their index by key and the sum of their sizes.
 *
 * Numbers are kept in typed arrays, one element a slot, where an object for each entry would take three words more and the
 * collector's time: what a search for a victim reads of 16 entries lies in three lines of memory.
 * Between `vacate` and the next `add` or `closeHole` one slot is a hole, without a history: when an entry replaces another,
 * nothing moves and nothing is allocated.
 */
export class EntryTable<K, V> {
  /** The number of slots, a hole among them. */
  slots = 0
  sizeBytes = 0
  private readonly keyColumn: Array<K | undefined> = []
  private readonly values: Array<V | undefined> = []
  private records = new Int32Array(leastSlots * fields)
  private sizes = new Float64Array(leastSlots)
  /** In milliseconds since the cache was made; empty where nothing expires. */
  private expiries: Float64Array
  readonly expires: boolean
  private readonly index = new SlotIndex()
  private hole = none

  constructor(expires: boolean) {
    this.expires = expires
    this.expiries = new Float64Array(expires ? leastSlots : 0)
  }

  /** The number of entries. */
  get length(): number {
    return this.hole === none ? this.slots : this.slots - 1
  }

  /** The slot of a key, or `none`. */
  find(key: K, hash: number): number {
    const { index, keyColumn } = this
    for (let place = index.first(hash); place >= 0; place = index.next(hash, place)) {
      const slot = index.slotAt(place)
      const found = keyColumn[slot]
      if (found === key || (Number.isNaN(found) && Number.isNaN(key))) return slot
    }
    return none
  }

  key(slot: number): K | undefined {
    return this.keyColumn[slot]
  }

  value(slot: number): V | undefined {
    return this.values[slot]
  }

  hash(slot: number): number {
    return this.records[slot * fields + 2] ?? 0
  }

  touchedAt(slot: number): number {
    return this.records[slot * fields] ?? 0
  }

  /** The history of a slot, 0 where there is no entry. */
  history(slot: number): History {
    return this.records[slot * fields + 1] ?? 0
  }

  sizeOf(slot: number): number {
    return this.sizes[slot] ?? 0
  }

  /** Infinity where nothing expires. */
  expiresAt(slot: number): number {
    return this.expiries[slot] ?? Number.POSITIVE_INFINITY
  }

  /** Notes a touch. */
  touch(slot: number, now: number, history: History): void {
    this.records[slot * fields] = now
    this.records[slot * fields + 1] = history
  }

  /** Puts an entry into the hole, or behind the last one. Its history is still to be noted. */
  add(key: K, hash: number, value: V, sizeBytes: number, expiresAt: number): number {
    const slot = this.hole === none ? this.slots++ : this.hole
    this.hole = none
    if (slot >= this.sizes.length) this.grow()
    this.index.add(hash, slot)
    this.keyColumn[slot] = key
    this.records[slot * fields + 2] = hash
    this.sizes[slot] = 0
    this.replace(slot, value, sizeBytes, expiresAt)
    return slot
  }

  /** Gives an entry another value. */
  replace(slot: number, value: V, sizeBytes: number, expiresAt: number): void {
    this.sizeBytes += sizeBytes - this.sizeOf(slot)
    this.values[slot] = value
    this.sizes[slot] = sizeBytes
    if (this.expires) this.expiries[slot] = expiresAt
  }

  /** Takes an entry out and leaves a hole; there must be none yet. */
  vacate(slot: number): void {
    this.sizeBytes -= this.sizeOf(slot)
    this.index.remove(this.hash(slot), slot)
    this.keyColumn[slot] = undefined
    this.values[slot] = undefined
    this.records[slot * fields + 1] = 0
    this.hole = slot
  }

  /** Moves the last entry into the hole. */
  closeHole(): void {
    const { hole } = this
    if (hole === none) return
    this.hole = none
    const last = --this.slots
    const key = this.keyColumn.pop()
    const value = this.values.pop()
    if (last === hole) return
    this.index.move(this.hash(last), last, hole)
    this.keyColumn[hole] = key
    this.values[hole] = value
    this.records.copyWithin(hole * fields, last * fields, (last + 1) * fields)
    this.sizes[hole] = this.sizeOf(last)
    if (this.expires) this.expiries[hole] = this.expiresAt(last)
  }

  /** The keys of all entries as they are now. */
  keys(): Array<K> {
    // Each slot that is not the hole has a key.
    return this.keyColumn.filter((_, slot) => slot !== this.hole) as Array<K>
  }

  clear(): void {
    this.slots = 0
    this.sizeBytes = 0
    this.hole = none
    this.keyColumn.length = 0
    this.values.length = 0
    this.index.clear()
    this.resize(leastSlots)
  }

  private grow(): void {
    this.resize(Math.ceil(this.slots * growth) + leastSlots)
  }

  private resize(slots: number): void {
    this.records = resized(new Int32Array(slots * fields), this.records)
    this.sizes = resized(new Float64Array(slots), this.sizes)
    if (this.expires) this.expiries = resized(new Float64Array(slots), this.expiries)
  }
}

/** Copies as much of a column as there is room for. */
const resized = <Column extends Int32Array | Float64Array>(into: Column, from: Column): Column => {
  into.set(from.subarray(0, into.length))
  return into
}
