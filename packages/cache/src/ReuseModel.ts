import { bucketBits, bucketOf, buckets } from "./ageBuckets.ts"
import { GittinsIndex } from "./gittinsIndex.ts"
import { classes, classOf, frequencyClasses, type History, intervalClasses, touchedAgain } from "./History.ts"

/**
 * What the workload teaches about reuse: for each class of history and each age, how likely a touch is there, and from that
 * how much an entry of that class and age is worth.
 *
 * A touch adds one to the cell of the history and age that it ended, also when the key had been evicted and only its ghost was
 * left. That is why the model sees what keeping a key would have brought, and not only what its own evictions left to see. Keys
 * that are forgotten, and those still waiting for their next touch, count as having survived to their age (Kaplan–Meier).
 * From time to time `learn` turns the counts into hazards, the hazards into ranks, and lets the counts fade.
 *
 * Rare classes borrow from common ones: an interval class from its frequency class, that one from the next lower frequency, and
 * the lowest from a prior under which a key is likely to be touched again in each octave of its age, the more frequent the
 * likelier: frequency over age, as in hyperbolic caching (A. Blankstein, S. Sen, M. J. Freedman, USENIX ATC 2017). The strengths
 * were chosen on a plateau: changing one by half moves the average hit ratio of recorded traces by a few tenths of a point.
 */
const priorWeight = 20
const priorOctaves = 1
const lowerFrequencyWeight = 60
const frequencyClassWeight = 60
/** How much of a bucket's span the keys that were last seen in it count as having survived. */
const survivedShare = 0.1
const fading = 0.94
/** Learning this seldom costs under half a microsecond a touch in the smallest cache. */
const shortestPeriod = 128
/** Early on the counts grow fast: learn again after a quarter more touches. */
const growthPerPeriod = 0.25

/** With fewer touches of known keys than one in a thousand there is next to nothing to win. */
const leastReuseShare = 0.001
/** That none come back is said after this many touches for each key that is known: a long loop has come round by then. */
const touchesToTell = 8

/** Counters of the model: one for each class and age. */
export const cells = classes * buckets

/** Learns from touches how much an entry of each history and age is worth. */
export class ReuseModel {
  /** Counts touches, in 32 bits that wrap. */
  now = 1
  private readonly ranks = new Float32Array(cells)
  private readonly reuses = new Float64Array(cells)
  private readonly losses = new Float64Array(cells)
  private readonly index = new GittinsIndex()
  private touches = 0
  /** Touches, fading as the counters do. */
  private recentTouches = 0
  /** Whether keys come back often enough for a choice between them to matter; as of the last time of learning. */
  hasReuse = true
  private learnedAt = 1
  private period = shortestPeriod

  constructor() {
    this.learn(new Float64Array(cells), 0)
  }

  /** Moves time on by one touch. */
  tick(): void {
    this.now = (this.now + 1) | 0
  }

  /** Records that a key was touched again, and gives its new history. */
  reuse(history: History, touchedAt: number): History {
    const age = (this.now - touchedAt) | 0
    const cell = (classOf(history) << bucketBits) | bucketOf(age)
    this.reuses[cell] = (this.reuses[cell] ?? 0) + 1
    return touchedAgain(history, age)
  }

  /** Records that a key is forgotten without having been touched again. */
  lose(history: History, touchedAt: number): void {
    const cell = this.cellOf(history, touchedAt)
    this.losses[cell] = (this.losses[cell] ?? 0) + 1
  }

  /** The hits a touch that a place in the cache earns with this entry; higher is better. */
  rank(history: History, touchedAt: number): number {
    return this.ranks[this.cellOf(history, touchedAt)] ?? 0
  }

  /** Where a history and an age are counted. */
  cellOf(history: History, touchedAt: number): number {
    return (classOf(history) << bucketBits) | bucketOf((this.now - touchedAt) | 0)
  }

  /** Whether enough was seen since the last time to learn again. */
  isDue(): boolean {
    return ((this.now - this.learnedAt) | 0) >= this.period
  }

  /**
   * Computes the ranks anew.
   *
   * `waiting` is how many known keys wait in each cell for their next touch, `known` how many keys those are altogether. It is
   * overwritten: what was lost is added to it.
   */
  learn(waiting: Float64Array, known: number): void {
    for (let cell = 0; cell < cells; cell++) waiting[cell] = (waiting[cell] ?? 0) + (this.losses[cell] ?? 0)
    this.rankAll(waiting)
    let reuses = 0
    for (let cell = 0; cell < cells; cell++) {
      reuses += this.reuses[cell] ?? 0
      this.reuses[cell] = (this.reuses[cell] ?? 0) * fading
      this.losses[cell] = (this.losses[cell] ?? 0) * fading
    }
    const elapsed = (this.now - this.learnedAt) >>> 0
    this.touches += elapsed
    this.recentTouches = this.recentTouches * fading + elapsed
    this.hasReuse = reuses >= leastReuseShare * this.recentTouches || this.touches < touchesToTell * known
    this.learnedAt = this.now
    this.period = Math.max(shortestPeriod, Math.min(this.touches * growthPerPeriod, known))
  }

  private rankAll(survivors: Float64Array): void {
    let lower = new Float64Array(buckets)
    let hazards = new Float64Array(buckets)
    const ofClass = new Float64Array(buckets)
    // Of the interval classes of which nothing is known: what their frequency class says.
    const shared = new Float32Array(buckets)
    for (let frequency = 0; frequency < frequencyClasses; frequency++) {
      const first = frequency * intervalClasses * buckets
      const inherited = frequency === 0 ? 0 : lowerFrequencyWeight
      const prior = 1 - 2 ** (-(frequency + 1) * priorOctaves)
      for (let bucket = 0; bucket < buckets; bucket++) {
        hazards[bucket] = ((lower[bucket] ?? 0) * inherited + prior * priorWeight) / (inherited + priorWeight)
      }
      estimate(
        sumOfIntervals(this.reuses, first),
        sumOfIntervals(survivors, first),
        hazards,
        inherited + priorWeight,
        hazards,
      )
      this.index.write(hazards, shared, 0)
      for (let interval = 0; interval < intervalClasses; interval++) {
        const from = first + interval * buckets
        const reuses = this.reuses.subarray(from, from + buckets)
        const survived = survivors.subarray(from, from + buckets)
        if (isEmpty(reuses) && isEmpty(survived)) {
          this.ranks.set(shared, from)
          continue
        }
        estimate(reuses, survived, hazards, frequencyClassWeight, ofClass)
        this.index.write(ofClass, this.ranks, from)
      }
      const spare = lower
      lower = hazards
      hazards = spare
    }
  }
}

const isEmpty = (counts: Float64Array): boolean => {
  for (let bucket = 0; bucket < buckets; bucket++) if (counts[bucket] !== 0) return false
  return true
}

/** Adds up the cells of all interval classes of one frequency class. */
const sumOfIntervals = (counts: Float64Array, first: number): Float64Array => {
  const sum = new Float64Array(buckets)
  for (let cell = 0; cell < intervalClasses * buckets; cell++) {
    const bucket = cell % buckets
    sum[bucket] = (sum[bucket] ?? 0) + (counts[first + cell] ?? 0)
  }
  return sum
}

/** Writes the chance of a touch in each bucket: touches there over keys that got there, drawn towards a belief of some weight. */
const estimate = (
  reuses: Float64Array,
  survivors: Float64Array,
  belief: Float64Array,
  weight: number,
  into: Float64Array,
): void => {
  let older = 0
  for (let bucket = buckets - 1; bucket >= 0; bucket--) {
    const touched = reuses[bucket] ?? 0
    const survived = survivors[bucket] ?? 0
    older += touched
    into[bucket] = (touched + (belief[bucket] ?? 0) * weight) / (older + survivedShare * survived + weight)
    older += survived
  }
}
