import { type EntryTable, none } from "./EntryTable.ts"
import type { History } from "./History.ts"
import type { ReuseModel } from "./ReuseModel.ts"

/** How many entries a search looks at after one that gave up a candidate. */
const looksAfterFind = 16
/** How many it looks at after one that gave up none: the candidates are still there. */
const looksAfterRefusal = 4
/** How many it looks at where keys don't come back, and it matters little which one goes. */
const looksWithoutReuse = 4
/** How many of the worst entries of former searches are remembered. */
const remembered = 8
/**
 * What is added to each size, as a share of the mean size, before worth is divided by it: hits per byte alone would keep the smallest
 * whatever they are, and lose bytes without winning hits.
 */
const addedShare = 0.25

/** What an expired entry is worth: less than any other. */
const dead = -1

/**
 * Finds the entry that is worth least for its size, nearly: it looks at the next 16 entries around the table and remembers the
 * 8 worst that it has seen, whose worth it computes again before it gives one up.
 *
 * One round sees every entry, where random samples miss a third, and what is remembered brings the hit ratio to within
 * 0.3 points of looking at 64 each time.
 * Sampling with a pool of candidates: A. Blankstein, S. Sen, M. J. Freedman, "Hyperbolic Caching", USENIX ATC 2017.
 */
export class VictimSearch<K, V> {
  private readonly entries: EntryTable<K, V>
  private readonly model: ReuseModel
  private readonly perByte: boolean
  /** Slots, and what their entries were worth when they were last looked at. */
  private readonly worst = new Int32Array(remembered)
  private readonly worths = new Float64Array(remembered)
  private worstCount = 0
  /** Which of the worst is worth most, and gives way to a worse one. */
  private mildest = 0
  /** Below what worth an entry comes among the worst. */
  private limit = Number.POSITIVE_INFINITY
  private hand = 0
  private addedBytes = 1
  private looks = looksAfterFind

  constructor(entries: EntryTable<K, V>, model: ReuseModel, perByte: boolean) {
    this.entries = entries
    this.model = model
    this.perByte = perByte
  }

  /** What an entry is worth: hits a touch, for each byte where small objects are favoured. */
  worth(history: History, touchedAt: number, sizeBytes: number): number {
    const rank = this.model.rank(history, touchedAt)
    return this.perByte ? rank / (sizeBytes + this.addedBytes) : rank
  }

  /**
   * The slot of the entry worth least of those looked at, if that is less than `limit`, else `none`. What has expired by `time` is
   * worth nothing.
   */
  find(limit: number, time: number): number {
    this.addedBytes = 1 + (addedShare * this.entries.sizeBytes) / Math.max(this.entries.length, 1)
    return this.model.hasReuse ? this.findWorst(limit, time) : this.findNext(limit, time)
  }

  /** Forgets the worst: the model has learned something, and they may be worth more. */
  forget(): void {
    this.worstCount = 0
    this.limit = Number.POSITIVE_INFINITY
  }

  /** Looks at the next few, and remembers none. */
  private findNext(limit: number, time: number): number {
    const { entries } = this
    const { slots } = entries
    let found = none
    let least = limit
    let slot = this.hand
    for (let left = Math.min(looksWithoutReuse, slots); left > 0; left--, slot++) {
      if (slot >= slots) slot = 0
      if (entries.history(slot) === 0 || this.rank(slot, time) >= least * this.room(slot)) continue
      found = slot
      least = this.rank(slot, time) / this.room(slot)
    }
    this.hand = slot
    return found
  }

  private findWorst(limit: number, time: number): number {
    this.lookOn(time)
    for (;;) {
      const index = this.leastIndex()
      if (index === none) return none
      const slot = this.worst[index] ?? 0
      // Another entry may have moved to this slot: what it is worth is computed again all the same.
      if (slot >= this.entries.slots || this.entries.history(slot) === 0) {
        this.drop(index)
        continue
      }
      const worth = this.worthOf(slot, time)
      if (worth > (this.worths[index] ?? 0)) {
        this.raise(index, worth)
        continue
      }
      const isFound = worth < limit
      this.looks = isFound ? looksAfterFind : looksAfterRefusal
      return isFound ? slot : none
    }
  }

  private lookOn(time: number): void {
    const { entries } = this
    const { slots } = entries
    let slot = this.hand
    for (let left = Math.min(this.looks, slots); left > 0; left--, slot++) {
      if (slot >= slots) slot = 0
      if (entries.history(slot) === 0) continue
      const rank = this.rank(slot, time)
      const room = this.room(slot)
      // Multiplied, as it mostly ends here and dividing takes longer.
      if (rank < this.limit * room) this.keep(slot, rank / room)
    }
    this.hand = slot
  }

  /** Puts a slot among the worst, in place of the mildest when there are enough. */
  private keep(slot: number, worth: number): void {
    const { worst, worths } = this
    for (let other = 0; other < this.worstCount; other++) if (worst[other] === slot) return
    const index = this.worstCount < remembered ? this.worstCount++ : this.mildest
    worst[index] = slot
    worths[index] = worth
    if (this.worstCount < remembered) return
    let mildest = 0
    for (let other = 1; other < remembered; other++) if ((worths[other] ?? 0) > (worths[mildest] ?? 0)) mildest = other
    this.mildest = mildest
    this.limit = worths[mildest] ?? 0
  }

  private raise(index: number, worth: number): void {
    this.worths[index] = worth
    if (worth <= this.limit) return
    this.mildest = index
    this.limit = worth
  }

  /** The index of the one worth least, or `none`. */
  private leastIndex(): number {
    let least = this.worstCount - 1
    for (let index = least - 1; index >= 0; index--) {
      if ((this.worths[index] ?? 0) < (this.worths[least] ?? 0)) least = index
    }
    return least
  }

  /** Closes the gap with the last of the worst; `mildest` may point at a milder one for a while, which does no harm. */
  private drop(index: number): void {
    const last = --this.worstCount
    this.limit = Number.POSITIVE_INFINITY
    this.worst[index] = this.worst[last] ?? 0
    this.worths[index] = this.worths[last] ?? 0
  }

  private worthOf(slot: number, time: number): number {
    return this.rank(slot, time) / this.room(slot)
  }

  private rank(slot: number, time: number): number {
    const { entries, model } = this
    if (entries.expires && entries.expiresAt(slot) <= time) return dead
    return model.rank(entries.history(slot), entries.touchedAt(slot))
  }

  /** What rank is divided by. */
  private room(slot: number): number {
    return this.perByte ? this.entries.sizeOf(slot) + this.addedBytes : 1
  }
}
