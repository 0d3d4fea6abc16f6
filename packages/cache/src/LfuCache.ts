import { EntryTable } from "./EntryTable.ts"
import { GhostTable } from "./GhostTable.ts"
import { firstTouch, type History } from "./History.ts"
import { hashKey } from "./hashKey.ts"
import {
  checkedLimits,
  checkSize,
  type Departure,
  type LfuCacheOptions,
  type LfuCacheStats,
} from "./LfuCacheOptions.ts"
import { cells, ReuseModel } from "./ReuseModel.ts"
import { takeCensus } from "./takeCensus.ts"
import { VictimSearch } from "./VictimSearch.ts"

/** Ghosts for each entry: with fewer, a loop three times the cache goes unnoticed; more were not worth their memory. */
export const ghostsPerEntry = 3
const leastGhosts = 192

/**
 * A cache bounded in bytes that keeps what is used most for its size, and adapts to what the workload turns out to be.
 *
 * Each key has a history (`History`): how often it was touched, at which usual interval, and when last. The cache learns for
 * each class of history how likely a touch is at each age (`ReuseModel`), also from the ghosts of what it evicted (`GhostTable`),
 * and turns that into hits a byte and touch (`GittinsIndex`). To make room it evicts the entry worth least of those it looks at
 * (`VictimSearch`), and when the newcomer itself is worth least, that is what stays out. Frequency, its ageing, recency,
 * resistance to scans and to loops are all read off the same measured curves: no window or queue has to be sized.
 *
 * `get`, `peek`, `has` and `delete` are O(1); a hit writes four numbers and allocates nothing. `set` is O(1) amortized: it looks
 * at up to 40 entries for each one that it evicts. All bounds hold after every step, also within `onEvict`.
 * Memory beyond keys and values: some 80 bytes an entry, 36 to 45 of its share of ghosts, and 150 KiB for the model.
 */
export class LfuCache<K extends string | number, V> {
  /** What the sizes of all entries may add up to. */
  readonly maxBytes: number
  private readonly maxEntries: number
  private readonly maxEntryBytes: number
  private readonly ttlMillis: number
  private readonly expires: boolean
  private readonly now: () => number
  private readonly onEvict: ((value: V, key: K, reason: Departure) => void) | undefined
  private readonly slots = new Map<K, number>()
  private readonly entries: EntryTable<K, V>
  private readonly ghosts = new GhostTable()
  private readonly waiting = new Float64Array(cells)
  private readonly perByte: boolean
  private model = new ReuseModel()
  private victims: VictimSearch<K, V>
  private departed: Array<() => void> = []
  private hits = 0
  private misses = 0
  private evictions = 0
  private rejections = 0
  private expirations = 0

  /** Makes an empty cache; throws a RangeError for an option that is out of range. */
  constructor(options: LfuCacheOptions<K, V>) {
    const limits = checkedLimits(options)
    this.maxBytes = limits.maxBytes
    this.maxEntries = limits.maxEntries
    this.maxEntryBytes = limits.maxEntryBytes
    this.ttlMillis = limits.ttlMillis
    this.expires = limits.ttlMillis !== Number.POSITIVE_INFINITY
    this.now = options.now ?? Date.now
    this.onEvict = options.onEvict
    this.perByte = options.favour !== "bytes"
    this.entries = new EntryTable(this.expires)
    this.victims = new VictimSearch(this.entries, this.model, this.perByte)
  }

  /** The number of entries, with those that have expired and were not yet noticed. */
  get size(): number {
    return this.slots.size
  }

  /** The sum of the sizes of all entries; never more than `maxBytes`. */
  get sizeBytes(): number {
    return this.entries.sizeBytes
  }

  /** How many evicted keys are remembered at most at this moment: under four an entry, 192 at least. */
  get ghostCapacity(): number {
    return this.ghosts.capacity
  }

  /** What was counted so far. */
  get stats(): LfuCacheStats {
    const { evictions, expirations, hits, misses, rejections } = this
    return { hits, misses, evictions, rejections, expirations }
  }

  /** Looks a value up and counts that as a touch. */
  get(key: K): V | undefined {
    const slot = this.slots.get(key)
    if (slot === undefined || (this.expires && this.dropExpired(slot))) {
      this.misses++
      return undefined
    }
    this.hits++
    this.touch(slot)
    return this.entries.values[slot]
  }

  /** Looks a value up without any effect on what is kept or counted. */
  peek(key: K): V | undefined {
    const slot = this.slots.get(key)
    return slot === undefined || this.hasExpired(slot) ? undefined : this.entries.values[slot]
  }

  /** Whether there is an entry that has not expired; not a touch. */
  has(key: K): boolean {
    const slot = this.slots.get(key)
    return slot !== undefined && !this.hasExpired(slot)
  }

  /**
   * Puts a value in, in place of the key's former one, and tells whether it is kept.
   *
   * What is too large, or worth less than what would have to leave for it, is not kept; the former value is gone all the same. A
   * cache with room takes everything that is not too large. Throws a RangeError for a size that is not a whole number of bytes.
   */
  set(key: K, value: V, sizeBytes: number): boolean {
    checkSize(sizeBytes)
    this.model.tick()
    const slot = this.slots.get(key)
    const kept =
      slot === undefined ? this.admit(key, value, sizeBytes, this.recall(key)) : this.replace(slot, value, sizeBytes)
    if (this.model.isDue()) this.learn()
    this.tellDepartures()
    return kept
  }

  /** Takes an entry out; false when there was none. The key's history is remembered. */
  delete(key: K): boolean {
    const slot = this.slots.get(key)
    if (slot === undefined) return false
    const expired = this.hasExpired(slot)
    this.remove(slot, expired ? "expired" : "deleted")
    this.closeHole()
    this.tellDepartures()
    return !expired
  }

  /** Takes out everything that has expired, and tells how many that were: O(entries). */
  deleteExpired(): number {
    let count = 0
    for (let slot = this.entries.slots - 1; slot >= 0; slot--) {
      if (!this.hasExpired(slot)) continue
      this.remove(slot, "expired")
      this.closeHole()
      count++
    }
    this.tellDepartures()
    return count
  }

  /** Takes everything out and forgets what was learned; what was counted stays. */
  clear(): void {
    const { keys, values } = this.entries
    for (let slot = 0; slot < this.entries.slots; slot++) this.noteDeparture(keys[slot], values[slot], "deleted")
    this.slots.clear()
    this.entries.clear()
    this.ghosts.clear()
    this.model = new ReuseModel()
    this.victims = new VictimSearch(this.entries, this.model, this.perByte)
    this.tellDepartures()
  }

  /** The keys of all entries, in no order, with those that have expired and were not yet noticed. */
  keys(): IterableIterator<K> {
    return this.slots.keys()
  }

  private touch(slot: number): void {
    const { entries, model } = this
    model.tick()
    entries.setTouch(slot, model.now, model.reuse(entries.history(slot), entries.touchedAt(slot)))
  }

  private hasExpired(slot: number): boolean {
    return this.expires && this.entries.expiresAt(slot) <= this.now()
  }

  private dropExpired(slot: number): boolean {
    if (!this.hasExpired(slot)) return false
    this.remove(slot, "expired")
    this.closeHole()
    this.tellDepartures()
    return true
  }

  /** The history of a key that comes in, with this touch: its ghost's, continued, or a first one. */
  private recall(key: K): History {
    const ghost = this.ghosts.find(hashKey(key))
    if (ghost === -1) return firstTouch
    const history = this.model.reuse(this.ghosts.history(ghost), this.ghosts.touchedAt(ghost))
    this.ghosts.forget(ghost)
    return history
  }

  private replace(slot: number, value: V, sizeBytes: number): boolean {
    const { entries, model } = this
    const key = entries.keys[slot]
    const history = model.reuse(entries.history(slot), entries.touchedAt(slot))
    const isRoom = entries.sizeBytes - entries.size(slot) + sizeBytes <= this.maxBytes
    if (isRoom && sizeBytes <= this.maxEntryBytes) {
      this.noteDeparture(key, entries.values[slot], "replaced")
      entries.replace(slot, value, sizeBytes, this.expiryFromNow())
      entries.setTouch(slot, model.now, history)
      return true
    }
    entries.setTouch(slot, model.now, history)
    this.vacate(slot, "replaced")
    // Every slot in use has a key, and this one was found by its key.
    return this.admit(key as K, value, sizeBytes, history)
  }

  private admit(key: K, value: V, sizeBytes: number, history: History): boolean {
    const { entries, model } = this
    if (sizeBytes > this.maxEntryBytes || !this.makeRoom(sizeBytes, history)) {
      this.closeHole()
      this.rejections++
      this.remember(key, model.now, history)
      return false
    }
    const slot = entries.add(key, value, sizeBytes, this.expiryFromNow())
    entries.setTouch(slot, model.now, history)
    this.slots.set(key, slot)
    return true
  }

  /** Evicts what is worth less than the newcomer until it fits; false when nothing more is. */
  private makeRoom(sizeBytes: number, history: History): boolean {
    const { entries, victims } = this
    if (this.fits(sizeBytes)) return true
    const worth = victims.worth(history, this.model.now, sizeBytes)
    const nowMillis = this.expires ? this.now() : 0
    while (!this.fits(sizeBytes)) {
      this.closeHole()
      const victim = victims.find(worth, nowMillis)
      if (victim === -1) return false
      this.remove(victim, entries.expiresAt(victim) <= nowMillis ? "expired" : "evicted")
    }
    return true
  }

  private fits(sizeBytes: number): boolean {
    return this.entries.sizeBytes + sizeBytes <= this.maxBytes && this.entries.length < this.maxEntries
  }

  /** Takes an entry out and remembers its history. */
  private remove(slot: number, reason: Departure): void {
    const { entries } = this
    // Callers pass a slot in use, and every slot in use has a key.
    this.remember(entries.keys[slot] as K, entries.touchedAt(slot), entries.history(slot))
    if (reason === "evicted") this.evictions++
    if (reason === "expired") this.expirations++
    this.vacate(slot, reason)
  }

  private vacate(slot: number, reason: Departure): void {
    const key = this.entries.keys[slot] as K
    this.noteDeparture(key, this.entries.values[slot], reason)
    this.slots.delete(key)
    this.entries.vacate(slot)
  }

  private closeHole(): void {
    const moved = this.entries.closeHole()
    if (moved !== -1) this.slots.set(this.entries.keys[moved] as K, moved)
  }

  private remember(key: K, touchedAt: number, history: History): void {
    const { ghosts, model } = this
    const hash = hashKey(key)
    const record = ghosts.placeFor(hash, model.now)
    if (ghosts.history(record) !== 0) model.lose(ghosts.history(record), ghosts.touchedAt(record))
    ghosts.put(record, hash, touchedAt, history)
  }

  private learn(): void {
    this.ghosts.ensureCapacity(Math.max(leastGhosts, ghostsPerEntry * this.entries.length), this.model.now)
    this.waiting.fill(0)
    const known = takeCensus(this.entries, this.ghosts, this.model, this.waiting)
    this.model.learn(this.waiting, known)
  }

  private expiryFromNow(): number {
    return this.expires ? this.now() + this.ttlMillis : Number.POSITIVE_INFINITY
  }

  private noteDeparture(key: K | undefined, value: V | undefined, reason: Departure): void {
    const { onEvict } = this
    // Slots in use hold a key and a value, which may itself be undefined.
    if (onEvict !== undefined) this.departed.push(() => onEvict(value as V, key as K, reason))
  }

  private tellDepartures(): void {
    if (this.departed.length === 0) return
    const departed = this.departed
    this.departed = []
    for (const tell of departed) tell()
  }
}
