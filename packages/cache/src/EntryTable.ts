import type { History } from "./History.ts"

/**
 * One entry. What a hit reads and writes stands first and together, so that it stays in the cache line where it found the entry.
 */
export class Entry<K, V> {
  value: V
  touchedAt = 0
  /** Zero when the entry has left. */
  history: History = 0
  /** In milliseconds since the cache was made: a small integer, which takes no memory of its own, for 24 days. */
  expiresAt: number
  key: K
  sizeBytes: number
  slot: number

  constructor(key: K, value: V, sizeBytes: number, slot: number, expiresAt: number) {
    this.value = value
    this.expiresAt = expiresAt
    this.key = key
    this.sizeBytes = sizeBytes
    this.slot = slot
  }
}

/**
 * All entries of a cache, densely from slot 0, and the sum of their sizes.
 *
 * Between `vacate` and the next `add` or `closeHole` one slot is a hole, whose entry has no history: when an entry replaces
 * another, nothing moves and nothing is allocated.
 */
export class EntryTable<K, V> {
  readonly list: Array<Entry<K, V>> = []
  sizeBytes = 0
  private hole: Entry<K, V> | undefined

  /** The number of entries. */
  get length(): number {
    return this.hole === undefined ? this.list.length : this.list.length - 1
  }

  /** Puts an entry into the hole, or behind the last one. */
  add(key: K, value: V, sizeBytes: number, expiresAt: number): Entry<K, V> {
    this.sizeBytes += sizeBytes
    const free = this.hole
    if (free === undefined) {
      const entry = new Entry(key, value, sizeBytes, this.list.length, expiresAt)
      this.list.push(entry)
      return entry
    }
    this.hole = undefined
    free.key = key
    free.value = value
    free.sizeBytes = sizeBytes
    free.expiresAt = expiresAt
    return free
  }

  /** Gives an entry another value. */
  replace(entry: Entry<K, V>, value: V, sizeBytes: number, expiresAt: number): void {
    this.sizeBytes += sizeBytes - entry.sizeBytes
    entry.value = value
    entry.sizeBytes = sizeBytes
    entry.expiresAt = expiresAt
  }

  /** Takes an entry out and leaves a hole; there must be none yet. */
  vacate(entry: Entry<K, V>): void {
    this.sizeBytes -= entry.sizeBytes
    entry.history = 0
    this.hole = entry
  }

  /** Moves the last entry into the hole, and lets go of what was there. */
  closeHole(): void {
    const { hole } = this
    if (hole === undefined) return
    this.hole = undefined
    const last = this.list.pop()
    if (last === undefined || last === hole) return
    last.slot = hole.slot
    this.list[hole.slot] = last
  }

  clear(): void {
    for (const entry of this.list) entry.history = 0
    this.list.length = 0
    this.sizeBytes = 0
    this.hole = undefined
  }
}
