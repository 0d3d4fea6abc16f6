import type { History } from "./History.ts"

const leastCapacity = 64
/** Growing by half keeps the unused part under a third. */
const growth = 1.5

/**
 * The entries of a cache in columns, densely from slot 0, so that looking for a victim reads a few adjacent cache lines.
 *
 * One slot may be a hole, from `vacate` until `add` fills it or `closeHole` moves the last entry there: replacing an entry by
 * another moves nothing. Slots change only in `closeHole`, which says what it moved.
 */
export class EntryTable<K, V> {
  readonly keys: Array<K> = []
  readonly values: Array<V> = []
  /** The sum of all sizes. */
  sizeBytes = 0
  /** The number of slots in use, with the hole. */
  slots = 0
  private sizes = new Float64Array(leastCapacity)
  /** Last touch and history side by side: a hit writes both. A history of zero marks the hole. */
  private touches = new Int32Array(2 * leastCapacity)
  private expiries: Float64Array | undefined
  private hole = -1

  constructor(expires: boolean) {
    if (expires) this.expiries = new Float64Array(leastCapacity)
  }

  /** The number of entries. */
  get length(): number {
    return this.hole === -1 ? this.slots : this.slots - 1
  }

  size(slot: number): number {
    return this.sizes[slot] ?? 0
  }

  touchedAt(slot: number): number {
    return this.touches[2 * slot] ?? 0
  }

  /** The history of an entry, 0 for the hole. */
  history(slot: number): History {
    return this.touches[2 * slot + 1] ?? 0
  }

  /** When the entry expires, in milliseconds of the cache's clock. */
  expiresAt(slot: number): number {
    return this.expiries === undefined ? Number.POSITIVE_INFINITY : (this.expiries[slot] ?? 0)
  }

  setTouch(slot: number, touchedAt: number, history: History): void {
    this.touches[2 * slot] = touchedAt
    this.touches[2 * slot + 1] = history
  }

  /** Puts an entry into the hole, or behind the last one, and gives its slot. */
  add(key: K, value: V, sizeBytes: number, expiresAt: number): number {
    const slot = this.hole === -1 ? this.slots++ : this.hole
    this.hole = -1
    if (slot >= this.sizes.length) this.grow()
    this.keys[slot] = key
    this.put(slot, value, sizeBytes, expiresAt)
    return slot
  }

  /** Gives the entry in a slot another value. */
  replace(slot: number, value: V, sizeBytes: number, expiresAt: number): void {
    this.sizeBytes -= this.size(slot)
    this.put(slot, value, sizeBytes, expiresAt)
  }

  /** Takes an entry out and leaves a hole; there must be none yet. */
  vacate(slot: number): void {
    this.sizeBytes -= this.size(slot)
    this.touches[2 * slot + 1] = 0
    this.hole = slot
  }

  /** Moves the last entry into the hole and gives its new slot; −1 when nothing moved. Lets go of what was in the hole. */
  closeHole(): number {
    const hole = this.hole
    if (hole === -1) return -1
    const last = --this.slots
    const key = this.keys.pop()
    const value = this.values.pop()
    this.hole = -1
    if (hole === last) return -1
    // Both columns hold an entry in every slot in use, and `last` was one.
    this.keys[hole] = key as K
    this.values[hole] = value as V
    this.sizes[hole] = this.size(last)
    this.setTouch(hole, this.touchedAt(last), this.history(last))
    if (this.expiries !== undefined) this.expiries[hole] = this.expiresAt(last)
    return hole
  }

  clear(): void {
    this.keys.length = 0
    this.values.length = 0
    this.slots = 0
    this.sizeBytes = 0
    this.hole = -1
    this.resize(leastCapacity)
  }

  private put(slot: number, value: V, sizeBytes: number, expiresAt: number): void {
    this.values[slot] = value
    this.sizes[slot] = sizeBytes
    this.sizeBytes += sizeBytes
    if (this.expiries !== undefined) this.expiries[slot] = expiresAt
  }

  private grow(): void {
    this.resize(Math.ceil(this.sizes.length * growth))
  }

  private resize(capacity: number): void {
    const kept = Math.min(capacity, this.sizes.length)
    const sizes = new Float64Array(capacity)
    sizes.set(this.sizes.subarray(0, kept))
    this.sizes = sizes
    const touches = new Int32Array(2 * capacity)
    touches.set(this.touches.subarray(0, 2 * kept))
    this.touches = touches
    if (this.expiries === undefined) return
    const expiries = new Float64Array(capacity)
    expiries.set(this.expiries.subarray(0, kept))
    this.expiries = expiries
  }
}
