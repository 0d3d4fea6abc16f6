import { bucketStart, buckets } from "./ageBuckets.ts"

/** The width of each bucket, in touches. */
const widths = Float64Array.from({ length: buckets }, (_, bucket) => bucketStart(bucket + 1) - bucketStart(bucket))

/**
 * Computes, for each age, how many hits a place in the cache earns a touch when it is kept as long as that is worthwhile.
 *
 * With the chance of a touch in each bucket of age (`hazards`, of keys that reached it), an entry of age a that is kept until
 * age T earns the probability of a touch in between, for the expected time until that touch or T. The best ratio over all T is
 * the Gittins index of age a: evicting the lowest index is optimal for keys that are touched independently, and it needs no
 * rule of its own for scans, loops or recency, as they are shapes of the hazard. With the cumulated time as x and the
 * cumulated hits as y it is the steepest chord from a to any later point: one walk from the oldest to the youngest along the
 * upper hull of what lies behind, O(buckets).
 *
 * J. C. Gittins, "Bandit Processes and Dynamic Allocation Indices", J. Royal Statistical Society B, 1979; as hit density, by
 * N. Beckmann, H. Chen, A. Cidon, "LHD: Improving Cache Hit Rate by Maximizing Hit Density", NSDI 2018.
 */
export class GittinsIndex {
  private readonly time = new Float64Array(buckets + 1)
  private readonly hits = new Float64Array(buckets + 1)
  private readonly hull = new Int32Array(buckets + 1)
  private hullLength = 0

  /** Writes one index a bucket into `ranks`, from `offset` on. */
  write(hazards: Float64Array, ranks: Float32Array, offset: number): void {
    this.cumulate(hazards)
    this.hull[0] = buckets
    this.hullLength = 1
    for (let bucket = buckets - 1; bucket >= 0; bucket--) {
      ranks[offset + bucket] = this.steepestFromMiddle(bucket)
      this.extendHull(bucket)
    }
  }

  private cumulate(hazards: Float64Array): void {
    const { hits, time } = this
    let surviving = 1
    for (let bucket = 0; bucket < buckets; bucket++) {
      const hazard = hazards[bucket] ?? 0
      time[bucket + 1] = (time[bucket] ?? 0) + surviving * (1 - hazard / 2) * (widths[bucket] ?? 0)
      hits[bucket + 1] = (hits[bucket] ?? 0) + surviving * hazard
      surviving *= 1 - hazard
    }
  }

  /** An entry is somewhere in its bucket: the chord begins in the middle. */
  private steepestFromMiddle(bucket: number): number {
    const { hits, hull, time } = this
    const x = ((time[bucket] ?? 0) + (time[bucket + 1] ?? 0)) / 2
    const y = ((hits[bucket] ?? 0) + (hits[bucket + 1] ?? 0)) / 2
    let best = 0
    for (let top = this.hullLength - 1; top >= 0; top--) {
      const point = hull[top] ?? 0
      const slope = ((hits[point] ?? 0) - y) / ((time[point] ?? 0) - x + Number.MIN_VALUE)
      if (slope < best) break
      best = slope
    }
    return best
  }

  private extendHull(bucket: number): void {
    const { hits, hull, time } = this
    const x = time[bucket] ?? 0
    const y = hits[bucket] ?? 0
    while (this.hullLength > 1) {
      const near = hull[this.hullLength - 1] ?? 0
      const far = hull[this.hullLength - 2] ?? 0
      const nearBelow =
        ((hits[far] ?? 0) - y) * ((time[near] ?? 0) - x) >= ((hits[near] ?? 0) - y) * ((time[far] ?? 0) - x)
      if (!nearBelow) break
      this.hullLength--
    }
    hull[this.hullLength++] = bucket
  }
}
