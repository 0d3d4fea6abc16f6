import { Departures } from "./Departures.ts"
import { type Entry, EntryTable } from "./EntryTable.ts"
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
 * `get`, `peek`, `has` and `delete` are O(1); a hit writes a few numbers and allocates nothing. `set` is O(1) amortized: it looks
 * at up to 24 entries for each one that it evicts. All bounds hold after every step, also within `onEvict`.
 * Memory beyond values and the characters of keys: 158 to 221 bytes an entry, its share of the ghosts included, and 112 KiB for the
 * model (`bench/cache/memory.ts`). The upper end is a `Map` that V8 doubled because many keys came and went.
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
  private readonly index = new Map<K, Entry<K, V>>()
  private readonly entries = new EntryTable<K, V>()
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
    this.departures = new Departures(options.onEvict)
    this.perByte = options.favour !== "bytes"
    this.victims = new VictimSearch(this.entries, this.model, this.perByte)
  }

  /** The number of entries, with those that have expired and were not yet noticed. */
  get size(): number {
    return this.index.size
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
    const entry = this.index.get(key)
    if (entry === undefined || this.hasExpired(entry)) return this.miss(entry)
    this.hits++
    const { model } = this
    model.tick()
    entry.history = model.reuseSampled(entry.history, entry.touchedAt)
    entry.touchedAt = model.now
    return entry.value
  }

  /** Looks a value up without any effect on what is kept or counted. */
  peek(key: K): V | undefined {
    const entry = this.index.get(key)
    return entry === undefined || this.hasExpired(entry) ? undefined : entry.value
  }

  /** Looks a value up as `peek` does, also one that expired at most `graceMillis` ago. */
  getStale(key: K): V | undefined {
    const entry = this.index.get(key)
    return entry === undefined || this.isPastGrace(entry) ? undefined : entry.value
  }

  /** Whether there is an entry that has not expired; not a touch. */
  has(key: K): boolean {
    const entry = this.index.get(key)
    return entry !== undefined && !this.hasExpired(entry)
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
    const entry = this.index.get(key)
    const kept = entry === undefined ? this.welcome(key, value, sizeBytes) : this.replace(entry, value, sizeBytes)
    if (this.model.isDue()) this.learn()
    this.departures.tell()
    return kept
  }

  /** Takes an entry out; false when there was none. The key's history is remembered. */
  delete(key: K): boolean {
    const entry = this.index.get(key)
    if (entry === undefined) return false
    const expired = this.hasExpired(entry)
    this.remove(entry, expired ? "expired" : "deleted")
    this.entries.closeHole()
    this.departures.tell()
    return !expired
  }

  /** Takes out everything that has expired, its grace over, and tells how many entries that were: O(entries). */
  deleteExpired(): number {
    const before = this.size
    const { list } = this.entries
    // From the last to the first, as closing a hole moves an entry that was already looked at.
    for (let slot = list.length - 1; slot >= 0; slot--) {
      const entry = list[slot]
      if (entry === undefined || !this.isPastGrace(entry)) continue
      this.remove(entry, "expired")
      this.entries.closeHole()
    }
    const count = before - this.size
    this.departures.tell()
    return count
  }

  /** Takes everything out and forgets what was learned; what was counted stays. */
  clear(): void {
    for (const entry of this.entries.list) this.departures.note(entry, "deleted")
    this.index.clear()
    this.entries.clear()
    this.ghosts.clear()
    this.model = new ReuseModel()
    this.victims = new VictimSearch(this.entries, this.model, this.perByte)
    this.departures.tell()
  }

  /** The keys of all entries, in no order, with those that have expired and were not yet noticed. */
  keys(): IterableIterator<K> {
    return this.index.keys()
  }

  /** Milliseconds since the cache was made; 0 when nothing expires. */
  private time(): number {
    return this.expires ? this.now() - this.madeAt : 0
  }

  private expiryFromNow(): number {
    return this.expires ? this.time() + this.ttlMillis : 1
  }

  private hasExpired(entry: Entry<K, V>): boolean {
    return this.expires && entry.expiresAt <= this.time()
  }

  private isPastGrace(entry: Entry<K, V>): boolean {
    return this.expires && entry.expiresAt + this.graceMillis <= this.time()
  }

  /** Counts a miss, and takes out what has expired unless it has grace left. */
  private miss(entry: Entry<K, V> | undefined): undefined {
    this.misses++
    if (entry === undefined || !this.isPastGrace(entry)) return
    this.remove(entry, "expired")
    this.entries.closeHole()
    this.departures.tell()
  }

  /** Takes in a key without an entry: with the history of its ghost, continued by this touch, or a first one. */
  private welcome(key: K, value: V, sizeBytes: number): boolean {
    const { ghosts, model } = this
    const hash = hashKey(key)
    const place = ghosts.locate(hash, model.now)
    if (!ghosts.isAt(place, hash)) return this.admit(key, hash, value, sizeBytes, firstTouch)
    const history = model.reuse(ghosts.history(place), ghosts.touchedAt(place))
    ghosts.forget(place)
    return this.admit(key, hash, value, sizeBytes, history)
  }

  private replace(entry: Entry<K, V>, value: V, sizeBytes: number): boolean {
    const { key } = entry
    const isRoom = this.entries.sizeBytes - entry.sizeBytes + sizeBytes <= this.maxBytes
    if (!isRoom || sizeBytes > this.maxEntryBytes) {
      const history = this.model.reuse(entry.history, entry.touchedAt)
      this.vacate(entry, "replaced")
      return this.admit(key, hashKey(key), value, sizeBytes, history)
    }
    this.departures.note(entry, "replaced")
    this.entries.replace(entry, value, sizeBytes, this.expiryFromNow())
    entry.history = this.model.reuse(entry.history, entry.touchedAt)
    entry.touchedAt = this.model.now
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
    const entry = entries.add(key, value, sizeBytes, this.expiryFromNow())
    entry.history = history
    entry.touchedAt = model.now
    this.index.set(key, entry)
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
      if (victim === undefined) return false
      this.remove(victim, victim.expiresAt <= time ? "expired" : "evicted")
    }
    return true
  }

  private fits(sizeBytes: number): boolean {
    return this.entries.sizeBytes + sizeBytes <= this.maxBytes && this.entries.length < this.maxEntries
  }

  /** Takes an entry out and remembers its history. */
  private remove(entry: Entry<K, V>, reason: Departure): void {
    this.remember(hashKey(entry.key), entry.touchedAt, entry.history)
    if (reason === "evicted") this.evictions++
    if (reason === "expired") this.expirations++
    this.vacate(entry, reason)
  }

  private vacate(entry: Entry<K, V>, reason: Departure): void {
    this.departures.note(entry, reason)
    this.index.delete(entry.key)
    this.entries.vacate(entry)
  }

  private remember(hash: number, touchedAt: number, history: History): void {
    const { ghosts, model } = this
    const place = ghosts.locate(hash, model.now)
    if (ghosts.history(place) !== 0 && !ghosts.isAt(place, hash))
      model.lose(ghosts.history(place), ghosts.touchedAt(place))
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
