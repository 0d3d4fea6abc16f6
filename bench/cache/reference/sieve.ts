import { at, KeyList } from "./KeyList.ts"
import type { MakeReference } from "./Reference.ts"

/**
 * SIEVE: one FIFO queue, one bit a key, and a hand that walks from old to new, evicting the first key without its bit.
 *
 * Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson, K. V. Rashmi, "SIEVE is Simpler than LRU", NSDI 2024.
 */
export const sieve: MakeReference = ({ capacityBytes, keys }) => {
  const sizes = new Float64Array(keys)
  const list = new KeyList(keys, sizes)
  const visited = new Uint8Array(keys)
  let hand = -1

  const evict = () => {
    let key = hand === -1 ? list.last() : hand
    while (at(visited, key) === 1) {
      visited[key] = 0
      const newer = list.newer(key)
      key = newer === -1 ? list.last() : newer
    }
    hand = list.newer(key)
    list.remove(key)
  }

  return {
    access(key, sizeBytes) {
      if (list.has(key)) {
        visited[key] = 1
        return true
      }
      if (sizeBytes > capacityBytes) return false
      while (list.bytes + sizeBytes > capacityBytes) evict()
      sizes[key] = sizeBytes
      visited[key] = 0
      list.pushFirst(key)
      return false
    },
  }
}
