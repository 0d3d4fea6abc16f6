import { KeyList } from "./KeyList.ts"
import type { MakeReference } from "./Reference.ts"

/** Least recently used: evicts what was touched longest ago. */
export const lru: MakeReference = ({ capacityBytes, keys }) => {
  const sizes = new Float64Array(keys)
  const list = new KeyList(keys, sizes)
  return {
    access(key, sizeBytes) {
      if (list.has(key)) {
        list.moveToFirst(key)
        return true
      }
      if (sizeBytes > capacityBytes) return false
      sizes[key] = sizeBytes
      list.pushFirst(key)
      while (list.bytes > capacityBytes) list.remove(list.last())
      return false
    },
  }
}
