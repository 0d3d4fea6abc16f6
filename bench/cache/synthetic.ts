import { random, zipf } from "./random.ts"
import { type Trace, traceOf } from "./traces.ts"

const keys = 30_000
/** Keys from here on are met once or in another role than those below. */
const apart = 1_000_000

/** Workloads of one trait each, which no tuning on recorded traces may lose: skew, scans, loops, drift, recency, one-hit wonders. */
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
    uniform: () => Math.floor(next() * 10_000),
  }
  return Object.entries(makers).map(([name, keyAt]) =>
    traceOf(
      `${name} (synthetic)`,
      Int32Array.from({ length: accesses }, (_, at) => keyAt(at)),
    ),
  )
}
