import { at } from "./KeyList.ts"
import { LazyHeap } from "./LazyHeap.ts"
import type { MakeReference } from "./Reference.ts"

/** What separates two frequencies: more than the number of accesses of any trace here, so that recency only breaks ties. */
const perTouch = 2 ** 30

/** Least frequently used to the letter: counts every touch of what it keeps, forgets none, and breaks ties by recency. */
export const lfu: MakeReference = ({ capacityBytes, keys }) => {
  const sizes = new Float64Array(keys)
  const counts = new Float64Array(keys)
  const touched = new Float64Array(keys)
  const heap = new LazyHeap(keys, (key) => at(counts, key) * perTouch + at(touched, key))
  let bytes = 0
  let now = 0
  return {
    access(key, sizeBytes) {
      touched[key] = ++now
      if (heap.has(key)) {
        counts[key] = at(counts, key) + 1
        return true
      }
      if (sizeBytes > capacityBytes) return false
      while (bytes + sizeBytes > capacityBytes) bytes -= at(sizes, heap.pop())
      sizes[key] = sizeBytes
      counts[key] = 1
      bytes += sizeBytes
      heap.push(key)
      return false
    },
  }
}
