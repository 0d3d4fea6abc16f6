import { random, zipf } from "./random.ts"
import { type Trace, traceOf } from "./traces.ts"

const keys = 30_000
/** Keys from here on are met once or in another role than those below. */
const apart = 1_000_000

/** Accesses by distance in an LRU stack: the closer to the top, the likelier, and now and then a new key. */
const stacked = (depth: number, next: () => number): (() => number) => {
  const distance = zipf(depth, 1.1, next)
  const stack = Array.from({ length: depth }, (_, key) => key)
  let fresh = depth
  return () => {
    const [key = 0] = next() < 0.05 ? [fresh++] : stack.splice(distance(), 1)
    stack.unshift(key)
    stack.length = depth
    return key
  }
}

/** Keys that are asked for some ten times within a while and never again. */
const bursts = (next: () => number): (() => number) => {
  const live = Array.from({ length: 200 }, (_, key) => key)
  let fresh = live.length
  return () => {
    const at = Math.floor(next() * live.length)
    const key = live[at] ?? 0
    if (next() < 0.1) live[at] = fresh++
    return key
  }
}

/**
 * Workloads of one trait each, which no tuning on recorded traces may lose: skew, scans, loops, drift, recency, one-hit wonders, bursts,
 * phases.
 */
export const syntheticTraces = (accesses: number): ReadonlyArray<Trace> => {
  const next = random(7)
  const skewed = zipf(keys, 0.9, next)
  const weakly = zipf(keys, 0.7, next)
  const strongly = zipf(keys, 1.1, next)
  const hot = (at: number) => Math.floor(at / 20_000) * 500 + Math.floor(next() * 500)
  const makers: Readonly<Record<string, (at: number) => number>> = {
    "zipf 0.7": weakly,
    "zipf 0.9": skewed,
    "zipf 1.1": strongly,
    "zipf and scans": (at) => (at % 20_000 > 15_000 ? apart + at : skewed()),
    "zipf and one-hit wonders": (at) => (next() < 0.5 ? apart + at : skewed()),
    "drifting zipf": (at) => (skewed() + Math.floor(at / 30_000) * 7919) % keys,
    "shifting hot set": (at) => (next() < 0.8 ? hot(at) : apart + Math.floor(next() * keys)),
    loop: (at) => at % 9000,
    "zipf and loop": (at) => (next() < 0.5 ? (at >> 1) % 10_000 : apart + skewed()),
    recency: (at) => Math.max(0, Math.floor(at / 5) - Math.floor(-Math.log(1 - next()) * 800)),
    "phases of zipf, scan and loop": (at) =>
      [skewed, () => apart + at, () => 2 * apart + (at % 3000)][Math.floor(at / 12_000) % 3]?.() ?? 0,
    "two populations in turn": (at) => (Math.floor(at / 10_000) % 2) * apart + skewed(),
    "popularity shuffled": (at) => (strongly() * 7919 + Math.floor(at / 50_000) * 104_729) % keys,
    news: (at) => Math.max(0, Math.floor(at / 10) - Math.floor((next() ** -0.7 - 1) * 20)),
    "two loops": (at) => (at % 3 === 0 ? Math.floor(at / 3) % 500 : apart + (at % 8000)),
    bursts: bursts(next),
    "stack distances": stacked(3000, next),
    uniform: () => Math.floor(next() * 10_000),
  }
  return Object.entries(makers).map(([name, keyAt]) =>
    traceOf(
      `${name} (synthetic)`,
      Int32Array.from({ length: accesses }, (_, at) => keyAt(at)),
    ),
  )
}
