import { Departures } from "./Departures.ts"
import { EntryTable, none } from "./EntryTable.ts"
import { GhostTable } from "./GhostTable.ts"
import { firstTouch, type History } from "./History.ts"
import { type HashKey, makeHashKey, randomSeed } from "./hashKey.ts"
import type { Departure, LfuCacheOptions, LfuCacheStats } from "./LfuCacheOptions.ts"
import { checkedLimits, checkSize } from "./LfuCacheOptions.ts"
import { cells, ReuseModel } from "./ReuseModel.ts"
import { takeCensus } from "./takeCensus.ts"
import { VictimSearch } from "./VictimSearch.ts"

/** Ghosts for each entry: with fewer, a loop three times the cache goes unnoticed; more were not worth their memory. */
export const ghostsPerEntry = 2.5

/**
 * A cache bounded in bytes that keeps what is used most for its size, and adapts to what the workload turns out to be.
 *
 * Each key has a history (`History`): how often it was touched, at which usual interval, and when last. The cache learns for
 * each class of history how likely a touch is at each age (`ReuseModel`), also from the ghosts of what it evicted (`GhostTable`),
 * and turns that into hits a byte and touch (`GittinsIndex`). To make room it evicts the entry worth least of those it looks at
 * (`VictimSearch`), and when the newcomer itself is worth least, that is what stays out. Frequency, its ageing, recency,
 * resistance to scans and to loops are all read off the same measured curves: no window or queue has to be sized.
 *
 * `get`, `peek`, `has` and `delete` are O(1) beside hashing the key; a hit writes a few numbers and allocates nothing. `set` is O(1)
 * amortized: it looks at up to 24 entries for each one that it evicts. All bounds hold after every step, also within `onEvict`.
 * Entries are columns of numbers (`EntryTable`) under an index of their own (`SlotIndex`): 102 to 115 bytes an entry beyond values and the
 * characters of keys, ghosts included, 9 more where entries expire, and 112 KiB for the model (`bench/cache/memory.ts`).
 */
export class LfuCache<K extends string | number, V> {
  /** What the sizes of all entries may add up to. */
  readonly maxBytes: number
  private readonly maxEntries: number
  private readonly maxEntryBytes: number
  private readonly ttlMillis: number
  private readonly expires: boolean
  private readonly now: () => number
  private readonly madeAt: number
  private readonly graceMillis: number
  private readonly hashKey: HashKey
  private readonly entries: EntryTable<K, V>
  private readonly ghosts = new GhostTable()
  private readonly waiting = new Float64Array(cells)
  private readonly perByte: boolean
  private model = new ReuseModel()
  private victims: VictimSearch<K, V>
  private readonly departures: Departures<K, V>
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
    this.madeAt = this.expires ? this.now() : 0
    this.graceMillis = limits.graceMillis
    this.hashKey = makeHashKey(options.seed ?? randomSeed())
    this.entries = new EntryTable(this.expires)
    this.departures = new Departures(options.onEvict)
    this.perByte = options.favour !== "bytes"
    this.victims = new VictimSearch(this.entries, this.model, this.perByte)
  }

  /** The number of entries, with those that have expired and were not yet noticed. */
  get size(): number {
    return this.entries.length
  }

  /** The sum of the sizes of all entries; never more than `maxBytes`. */
  get sizeBytes(): number {
    return this.entries.sizeBytes
  }

  /** How many evicted keys are remembered at most at this moment: under three an entry, 192 at least. */
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
    const { entries, model } = this
    const slot = this.slotOf(key)
    if (slot === none || this.hasExpired(slot)) return this.miss(slot)
    this.hits++
    model.tick()
    entries.touch(slot, model.now, model.reuse(entries.history(slot), entries.touchedAt(slot)))
    return entries.value(slot)
  }

  /** Looks a value up without any effect on what is kept or counted. */
  peek(key: K): V | undefined {
    const slot = this.slotOf(key)
    return slot === none || this.hasExpired(slot) ? undefined : this.entries.value(slot)
  }

  /** Looks a value up as `peek` does, also one that expired at most `graceMillis` ago. */
  getStale(key: K): V | undefined {
    const slot = this.slotOf(key)
    return slot === none || this.isPastGrace(slot) ? undefined : this.entries.value(slot)
  }

  /** Whether there is an entry that has not expired; not a touch. */
  has(key: K): boolean {
    const slot = this.slotOf(key)
    return slot !== none && !this.hasExpired(slot)
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
    const hash = this.hashKey(key)
    const slot = this.entries.find(key, hash)
    const isNew = slot === none
    const kept = isNew ? this.welcome(key, hash, value, sizeBytes) : this.replace(slot, key, value, sizeBytes)
    if (this.model.isDue()) this.learn()
    this.departures.tell()
    return kept
  }

  /** Takes an entry out; false when there was none. The key's history is remembered. */
  delete(key: K): boolean {
    const slot = this.slotOf(key)
    if (slot === none) return false
    const expired = this.hasExpired(slot)
    this.remove(slot, expired ? "expired" : "deleted")
    this.entries.closeHole()
    this.departures.tell()
    return !expired
  }

  /** Takes out everything that has expired, its grace over, and tells how many entries that were: O(entries). */
  deleteExpired(): number {
    const before = this.size
    // From the last to the first, as closing a hole moves an entry that was already looked at.
    for (let slot = this.entries.slots - 1; slot >= 0; slot--) {
      if (!this.isPastGrace(slot)) continue
      this.remove(slot, "expired")
      this.entries.closeHole()
    }
    const count = before - this.size
    this.departures.tell()
    return count
  }

  /** Takes everything out and forgets what was learned; what was counted stays. */
  clear(): void {
    for (let slot = 0; slot < this.entries.slots; slot++) this.noteDeparture(slot, "deleted")
    this.entries.clear()
    this.ghosts.clear()
    this.model = new ReuseModel()
    this.victims = new VictimSearch(this.entries, this.model, this.perByte)
    this.departures.tell()
  }

  /** The keys of all entries as they are now, in no order, with those that have expired and were not yet noticed: O(entries). */
  keys(): IterableIterator<K> {
    return this.entries.keys().values()
  }

  private slotOf(key: K): number {
    return this.entries.find(key, this.hashKey(key))
  }

  /** Milliseconds since the cache was made; 0 when nothing expires. */
  private time(): number {
    return this.expires ? this.now() - this.madeAt : 0
  }

  private expiryFromNow(): number {
    return this.expires ? this.time() + this.ttlMillis : 1
  }

  private hasExpired(slot: number): boolean {
    return this.expires && this.entries.expiresAt(slot) <= this.time()
  }

  private isPastGrace(slot: number): boolean {
    return this.expires && this.entries.expiresAt(slot) + this.graceMillis <= this.time()
  }

  /** Counts a miss, and takes out what has expired unless it has grace left. */
  private miss(slot: number): undefined {
    this.misses++
    if (slot === none || !this.isPastGrace(slot)) return
    this.remove(slot, "expired")
    this.entries.closeHole()
    this.departures.tell()
  }

  /** Takes in a key without an entry: with the history of its ghost, continued by this touch, or a first one. */
  private welcome(key: K, hash: number, value: V, sizeBytes: number): boolean {
    const { ghosts, model } = this
    const place = ghosts.find(hash)
    if (place < 0) return this.admit(key, hash, value, sizeBytes, firstTouch)
    const history = model.reuse(ghosts.history(place), ghosts.touchedAt(place))
    ghosts.forget(place)
    return this.admit(key, hash, value, sizeBytes, history)
  }

  private replace(slot: number, key: K, value: V, sizeBytes: number): boolean {
    const { entries, model } = this
    const hash = entries.hash(slot)
    const history = model.reuse(entries.history(slot), entries.touchedAt(slot))
    const isRoom = entries.sizeBytes - entries.sizeOf(slot) + sizeBytes <= this.maxBytes
    if (!isRoom || sizeBytes > this.maxEntryBytes) {
      this.vacate(slot, "replaced")
      return this.admit(key, hash, value, sizeBytes, history)
    }
    this.noteDeparture(slot, "replaced")
    entries.replace(slot, value, sizeBytes, this.expiryFromNow())
    entries.touch(slot, model.now, history)
    return true
  }

  private admit(key: K, hash: number, value: V, sizeBytes: number, history: History): boolean {
    const { entries, model } = this
    if (sizeBytes > this.maxEntryBytes || !this.makeRoom(sizeBytes, history)) {
      entries.closeHole()
      this.rejections++
      this.remember(hash, model.now, history)
      return false
    }
    const slot = entries.add(key, hash, value, sizeBytes, this.expiryFromNow())
    entries.touch(slot, model.now, history)
    return true
  }

  /** Evicts what is worth less than the newcomer until it fits; false when nothing more is. */
  private makeRoom(sizeBytes: number, history: History): boolean {
    if (this.fits(sizeBytes)) return true
    const worth = this.victims.worth(history, this.model.now, sizeBytes)
    const time = this.time()
    while (!this.fits(sizeBytes)) {
      this.entries.closeHole()
      const victim = this.victims.find(worth, time)
      if (victim === none) return false
      this.remove(victim, this.entries.expiresAt(victim) <= time ? "expired" : "evicted")
    }
    return true
  }

  private fits(sizeBytes: number): boolean {
    return this.entries.sizeBytes + sizeBytes <= this.maxBytes && this.entries.length < this.maxEntries
  }

  /** Takes an entry out and remembers its history. */
  private remove(slot: number, reason: Departure): void {
    const { entries } = this
    this.remember(entries.hash(slot), entries.touchedAt(slot), entries.history(slot))
    if (reason === "evicted") this.evictions++
    if (reason === "expired") this.expirations++
    this.vacate(slot, reason)
  }

  private vacate(slot: number, reason: Departure): void {
    this.noteDeparture(slot, reason)
    this.entries.vacate(slot)
  }

  private noteDeparture(slot: number, reason: Departure): void {
    const { departures, entries } = this
    // The slot has an entry: its key and value are what was set.
    if (departures.areWanted) departures.note(entries.value(slot) as V, entries.key(slot) as K, reason)
  }

  private remember(hash: number, touchedAt: number, history: History): void {
    const { ghosts, model } = this
    const place = ghosts.placeFor(hash, model.now)
    const forgotten = ghosts.history(place)
    if (forgotten !== 0 && ghosts.hash(place) !== hash) model.lose(forgotten, ghosts.touchedAt(place))
    ghosts.put(place, hash, touchedAt, history)
  }

  private learn(): void {
    this.ghosts.ensureCapacity(ghostsPerEntry * this.entries.length, this.model.now)
    this.waiting.fill(0)
    const known = takeCensus(this.entries, this.ghosts, this.model, this.waiting)
    this.model.learn(this.waiting, known)
    this.victims.forget()
  }
}
