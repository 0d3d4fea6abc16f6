/** Says of a comparison that missed its target where our time goes. */
import type { Compared, Run } from "../harness/compare.ts"
import type { Bench } from "../harness/main.ts"
import { duration } from "../harness/table.ts"
import { whereTimeGoes } from "../harness/whereTimeGoes.ts"

/** What a missed comparison is explained with. */
export interface Explanation {
  readonly ours: Run
  readonly operations: number
  /** What keeps it from being faster. */
  readonly limit: string
}

/** Below it a part explains nothing. */
const leastShare = 0.02

/** Adds a table to the results, where the target was missed and this is no short run. */
export const explainMissed = async (
  { settings, note, table }: Bench,
  { name, ratio, target }: Compared,
  { ours, operations, limit }: Explanation,
): Promise<void> => {
  if (settings.short || target === undefined || ratio >= target) return
  const shares = await whereTimeGoes(ours, operations)
  const total = shares.reduce((sum, { nanos }) => sum + nanos, 0)
  note(
    `Where our processor time goes in "${name}" (${duration(total)} an operation under the profiler, which slows it down; waiting left out). ${limit}`,
  )
  table(
    ["code of", "an operation", "share", "most of it in"],
    shares
      .filter(({ nanos }) => nanos >= leastShare * total)
      .map(({ who, nanos, most }) => [who, duration(nanos), `${((100 * nanos) / total).toFixed(0)} %`, most]),
  )
}
