import { at } from "./KeyList.ts"
import { LazyHeap } from "./LazyHeap.ts"
import type { MakeReference, Reference, ReferenceOptions } from "./Reference.ts"

/**
 * Greedy-Dual-Size-Frequency: evicts the lowest clock + touches ÷ size, where the clock is the priority of the last one evicted.
 *
 * L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy", HP Labs 1998.
 */
export const gdsf: MakeReference = (options) =>
  make(options, { remembers: false, highestCount: Number.POSITIVE_INFINITY })

/** The same with counts that end at 15 and outlive the stay in the cache. */
export const rememberingGdsf: MakeReference = (options) => make(options, { remembers: true, highestCount: 15 })

interface Counting {
  readonly remembers: boolean
  readonly highestCount: number
}

const make = ({ capacityBytes, keys }: ReferenceOptions, { highestCount, remembers }: Counting): Reference => {
  const sizes = new Float64Array(keys)
  const counts = new Float64Array(keys)
  const clocks = new Float64Array(keys)
  const priority = (key: number) => at(clocks, key) + at(counts, key) / at(sizes, key)
  const heap = new LazyHeap(keys, priority)
  let bytes = 0
  let clock = 0
  return {
    access(key, sizeBytes) {
      if (heap.has(key)) {
        clocks[key] = clock
        counts[key] = Math.min(at(counts, key) + 1, highestCount)
        return true
      }
      if (sizeBytes > capacityBytes) return false
      while (bytes + sizeBytes > capacityBytes) {
        const victim = heap.pop()
        clock = priority(victim)
        bytes -= at(sizes, victim)
      }
      sizes[key] = sizeBytes
      counts[key] = remembers ? Math.min(at(counts, key) + 1, highestCount) : 1
      clocks[key] = clock
      bytes += sizeBytes
      heap.push(key)
      return false
    },
  }
}
