import { LfuCache } from "@framedb/cache"
import type { MakeReference } from "./reference/Reference.ts"
import type { Trace } from "./traces.ts"

/** Shares of hits, in per cent: of accesses, and of bytes asked for. */
export interface Ratios {
  readonly hits: number
  readonly bytes: number
}

/** Plays a trace on a policy. */
export const replay = (trace: Trace, make: MakeReference, capacityShare: number): Ratios => {
  const capacityBytes = Math.max(1, Math.floor(trace.footprintBytes * capacityShare))
  const policy = make({ capacityBytes, keys: trace.keys })
  let hits = 0
  let hitBytes = 0
  let bytes = 0
  for (const key of trace.accesses) {
    const size = trace.sizes?.[key] ?? 1
    bytes += size
    if (!policy.access(key, size)) continue
    hits++
    hitBytes += size
  }
  return { hits: (100 * hits) / trace.accesses.length, bytes: (100 * hitBytes) / bytes }
}

/** Fixed, so that a run can be repeated to the last hit. */
const seed = 1

const cacheAside =
  (favour: "objects" | "bytes"): MakeReference =>
  ({ capacityBytes }) => {
    const cache = new LfuCache<number, boolean>({ maxBytes: capacityBytes, favour, seed })
    return {
      access: (key, sizeBytes) => {
        if (cache.get(key) !== undefined) return true
        cache.set(key, true, sizeBytes)
        return false
      },
    }
  }

/** `LfuCache` as it is used: `get`, and after a miss `set`. */
export const lfuCache = cacheAside("objects")

/** The same with the option that favours bytes. */
export const lfuCacheForBytes = cacheAside("bytes")
