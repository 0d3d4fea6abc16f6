import { at, KeyList } from "./KeyList.ts"
import type { MakeReference } from "./Reference.ts"

const smallShare = 0.1
const highestCount = 3

/**
 * S3-FIFO: a small FIFO queue of newcomers, a main FIFO queue for what was touched there, and a ghost queue of the keys that
 * were not, which enter the main queue when they come back.
 *
 * J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023.
 */
export const s3Fifo: MakeReference = ({ capacityBytes, keys }) => {
  const sizes = new Float64Array(keys)
  const small = new KeyList(keys, sizes)
  const main = new KeyList(keys, sizes)
  const ghosts = new KeyList(keys, sizes)
  const counts = new Uint8Array(keys)

  const evictMain = () => {
    for (;;) {
      const key = main.last()
      main.remove(key)
      const count = at(counts, key)
      if (count === 0) return
      counts[key] = count - 1
      main.pushFirst(key)
    }
  }

  const remember = (key: number) => {
    ghosts.pushFirst(key)
    while (ghosts.bytes > capacityBytes * (1 - smallShare)) ghosts.remove(ghosts.last())
  }

  const evictSmall = () => {
    const key = small.last()
    small.remove(key)
    if (at(counts, key) > 1) {
      counts[key] = 0
      main.pushFirst(key)
    } else {
      remember(key)
    }
  }

  const evict = () => {
    if (small.length > 0 && (small.bytes >= capacityBytes * smallShare || main.length === 0)) evictSmall()
    else evictMain()
  }

  return {
    access(key, sizeBytes) {
      if (small.has(key) || main.has(key)) {
        counts[key] = Math.min(at(counts, key) + 1, highestCount)
        return true
      }
      if (sizeBytes > capacityBytes) return false
      while (small.bytes + main.bytes + sizeBytes > capacityBytes) evict()
      const returns = ghosts.has(key)
      if (returns) ghosts.remove(key)
      sizes[key] = sizeBytes
      counts[key] = 0
      if (returns) main.pushFirst(key)
      else small.pushFirst(key)
      return false
    },
  }
}
