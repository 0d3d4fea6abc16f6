import type { Trace } from "./traces.ts"

/**
 * A hit ratio in per cent that no policy exceeds, not even one that knows the future, and that most traces keep out of its reach too.
 *
 * A hit costs its key's size for as long as it has to be kept since the touch before. The bound takes the cheapest ones until they
 * fill the cache for the whole trace, wherever in time they lie: PFOO-L of D. Berger, N. Beckmann, M. Harchol-Balter, "Practical
 * Bounds on Optimal Caching with Variable Object Sizes", SIGMETRICS 2018.
 */
export const hitBound = (trace: Trace, capacityShare: number): number => {
  const { accesses, footprintBytes, keys, sizes } = trace
  const touched = new Int32Array(keys).fill(-1)
  const costs: Array<number> = []
  accesses.forEach((key, at) => {
    const before = touched[key] ?? -1
    if (before >= 0) costs.push((at - before) * (sizes?.[key] ?? 1))
    touched[key] = at
  })
  const cheapest = Float64Array.from(costs).sort()
  let left = Math.max(1, Math.floor(footprintBytes * capacityShare)) * accesses.length
  let hits = 0
  while (hits < cheapest.length && left >= (cheapest[hits] ?? 0)) left -= cheapest[hits++] ?? 0
  return (100 * hits) / accesses.length
}
