import { at, KeyList } from "./KeyList.ts"
import type { MakeReference, Reference, ReferenceOptions } from "./Reference.ts"

const protectedShare = 0.8
const highestCount = 15
/** Touches between two halvings, and between two steps of the climb, for each entry kept. */
const sampleFactor = 10
const firstStep = 0.0625
const stepDecay = 0.98
const restartThreshold = 0.05

/**
 * W-TinyLFU: a window by recency, a main region by segmented recency, and between them an admission by frequency; the window
 * is fixed, or climbs towards the share that hits most.
 *
 * Counts are exact up to 15 and halved together, where the paper has a sketch of them.
 * G. Einziger, R. Friedman, B. Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM ToS 2017;
 * G. Einziger, O. Eytan, R. Friedman, B. Manes, "Adaptive Software Cache Management", Middleware 2018.
 */
class WTinyLfu implements Reference {
  private readonly sizes: Float64Array
  private readonly counts: Uint8Array
  private readonly window: KeyList
  private readonly probation: KeyList
  private readonly protected: KeyList
  private readonly capacityBytes: number
  private readonly climbs: boolean
  private windowShare: number
  private step = firstStep
  private additions = 0
  private sampleHits = 0
  private sampleTouches = 0
  private previousRatio = 0
  private leastWindowBytes = 0

  constructor(options: ReferenceOptions, windowShare: number, climbs: boolean) {
    const { keys } = options
    this.sizes = new Float64Array(keys)
    this.counts = new Uint8Array(keys)
    this.window = new KeyList(keys, this.sizes)
    this.probation = new KeyList(keys, this.sizes)
    this.protected = new KeyList(keys, this.sizes)
    this.capacityBytes = options.capacityBytes
    this.windowShare = windowShare
    this.climbs = climbs
  }

  access(key: number, sizeBytes: number): boolean {
    this.count(key)
    const hit = this.touch(key)
    if (this.climbs) this.climb(hit)
    if (hit) return true
    if (sizeBytes > this.capacityBytes) return false
    this.sizes[key] = sizeBytes
    if (this.leastWindowBytes === 0) this.leastWindowBytes = sizeBytes
    this.window.pushFirst(key)
    this.shrinkWindow()
    return false
  }

  private touch(key: number): boolean {
    if (this.window.has(key)) {
      this.window.moveToFirst(key)
    } else if (this.protected.has(key)) {
      this.protected.moveToFirst(key)
    } else if (this.probation.has(key)) {
      this.probation.remove(key)
      this.protected.pushFirst(key)
      this.shrinkProtected()
    } else {
      return false
    }
    return true
  }

  private shrinkProtected(): void {
    while (this.protected.bytes > this.mainBytes() * protectedShare) {
      const demoted = this.protected.last()
      this.protected.remove(demoted)
      this.probation.pushFirst(demoted)
    }
  }

  private shrinkWindow(): void {
    while (this.window.bytes > this.windowBytes()) this.admit(this.window.last())
  }

  /** Moves a key from the window into the main region, when it is more frequent than everything that must leave for it. */
  private admit(candidate: number): void {
    const size = at(this.sizes, candidate)
    this.window.remove(candidate)
    while (this.freeMain() < size) {
      const victim = this.mainVictim()
      if (victim === -1 || at(this.counts, candidate) <= at(this.counts, victim)) return
      this.evictMain(victim)
    }
    this.probation.pushFirst(candidate)
  }

  private freeMain(): number {
    return this.mainBytes() - this.probation.bytes - this.protected.bytes
  }

  private mainVictim(): number {
    return this.probation.length > 0 ? this.probation.last() : this.protected.last()
  }

  private evictMain(victim: number): void {
    if (this.probation.has(victim)) this.probation.remove(victim)
    else this.protected.remove(victim)
  }

  private count(key: number): void {
    this.counts[key] = Math.min(at(this.counts, key) + 1, highestCount)
    if (++this.additions < this.sample()) return
    this.additions = this.additions >> 1
    for (let each = 0; each < this.counts.length; each++) this.counts[each] = at(this.counts, each) >> 1
  }

  private climb(hit: boolean): void {
    this.sampleTouches++
    if (hit) this.sampleHits++
    if (this.sampleTouches < this.sample()) return
    const ratio = this.sampleHits / this.sampleTouches
    const change = ratio - this.previousRatio
    const direction = change >= 0 ? this.step : -this.step
    this.step = Math.abs(change) >= restartThreshold ? firstStep * Math.sign(direction) : direction * stepDecay
    this.windowShare = Math.min(Math.max(this.windowShare + direction, 0), 0.8)
    this.previousRatio = ratio
    this.sampleHits = 0
    this.sampleTouches = 0
    this.shrinkProtected()
    this.shrinkWindow()
    while (this.freeMain() < 0) this.evictMain(this.mainVictim())
  }

  private sample(): number {
    return sampleFactor * Math.max(16, this.length())
  }

  private length(): number {
    return this.window.length + this.probation.length + this.protected.length
  }

  /** At least what the first entry needed, so that a small cache has a window too. */
  private windowBytes(): number {
    return Math.max(this.capacityBytes * this.windowShare, Math.min(this.leastWindowBytes, this.capacityBytes / 2))
  }

  private mainBytes(): number {
    return this.capacityBytes - this.windowBytes()
  }
}

/** W-TinyLFU with the window of 1 % that its paper proposes. */
export const wTinyLfu: MakeReference = (options) => new WTinyLfu(options, 0.01, false)

/** W-TinyLFU with a window that climbs, from 1 %, to what works. */
export const climbingWTinyLfu: MakeReference = (options) => new WTinyLfu(options, 0.01, true)
