import type { EntryTable } from "./EntryTable.ts"
import type { GhostTable } from "./GhostTable.ts"
import type { ReuseModel } from "./ReuseModel.ts"

/** Enough for the shape of every class that matters, and under 0.1 ms of work however large the cache. */
const mostLooks = 16_384

/**
 * Counts, for each cell of the model, how many entries and ghosts wait there for their next touch, and how many they are
 * altogether. A large cache is sampled at a regular distance, each one found standing for those skipped.
 */
export const takeCensus = <K, V>(
  entries: EntryTable<K, V>,
  ghosts: GhostTable,
  model: ReuseModel,
  into: Float64Array,
): number => {
  const step = Math.ceil((entries.slots + ghosts.capacity) / mostLooks)
  let known = 0
  const count = (history: number, touchedAt: number) => {
    if (history === 0) return
    const cell = model.cellOf(history, touchedAt)
    into[cell] = (into[cell] ?? 0) + step
    known += step
  }
  for (let slot = 0; slot < entries.slots; slot += step) count(entries.history(slot), entries.touchedAt(slot))
  ghosts.forEach(step, count)
  return known
}
