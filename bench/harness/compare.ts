import { collectGarbage } from "./collectGarbage.ts"
import { median, spread } from "./statistics.ts"

/** One side of a comparison: does `operations` operations and resolves, or returns, when they are done. */
export type Run = (operations: number) => void | Promise<void>

/** Two ways to do the same. */
export interface Comparison {
  /** What is measured, as the row of a table. */
  readonly name: string
  /** What ours is compared with, as the table names it. */
  readonly against: string
  readonly ours: Run
  readonly peer: Run
  /** How many operations one measurement does; default 10,000. Choose so that it takes some 50 ms or more. */
  readonly operations?: number
  /** The ratio of rates that is wanted, where there is a target. */
  readonly target?: number
  /**
   * Leaves collecting garbage to the engine. A forced collection also throws away optimized code of what lay idle while the
   * other side ran, which a process under load never loses; both sides of a driver then measure its compilation. Default: no.
   */
  readonly isSteady?: boolean
  /** Runs before each measurement of either side, and is not measured. */
  readonly before?: () => void | Promise<void>
}

/** What a comparison gave. Times are medians in nanoseconds an operation; spreads are shares of them. */
export interface Compared {
  readonly name: string
  readonly against: string
  readonly oursNanos: number
  readonly oursSpread: number
  readonly peerNanos: number
  readonly peerSpread: number
  /** How many times as many operations ours does: the median of the ratios of the pairs. */
  readonly ratio: number
  readonly ratioSpread: number
  readonly target: number | undefined
}

const warmUpRounds = 3

/**
 * Measures two runs against each other.
 *
 * After a warm-up of both come pairs of measurements, ours and the peer's right after each other and first in turn, so that what
 * disturbs the machine for a while disturbs both. The ratio is taken in each pair, and the median of all is what counts.
 * All garbage is collected before each measurement, so that no side pays for the other's; what it makes itself it pays for.
 */
export const compare = async (
  comparison: Comparison,
  { rounds, short }: { readonly rounds: number; readonly short: boolean },
): Promise<Compared> => {
  const operations = Math.ceil((comparison.operations ?? 10_000) / (short ? 50 : 1))
  const timed = async (run: Run): Promise<number> => {
    await comparison.before?.()
    if (comparison.isSteady !== true) collectGarbage()
    const begin = process.hrtime.bigint()
    await run(operations)
    return Number(process.hrtime.bigint() - begin) / operations
  }
  for (let round = 0; round < (short ? 1 : warmUpRounds); round++) {
    await timed(comparison.ours)
    await timed(comparison.peer)
  }
  const ours: Array<number> = []
  const peer: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) ours.push(await timed(comparison.ours))
    peer.push(await timed(comparison.peer))
    if (round % 2 === 1) ours.push(await timed(comparison.ours))
  }
  const ratios = ours.map((nanos, index) => (peer[index] ?? Number.NaN) / nanos)
  return {
    name: comparison.name,
    against: comparison.against,
    oursNanos: median(ours),
    oursSpread: spread(ours),
    peerNanos: median(peer),
    peerSpread: spread(peer),
    ratio: median(ratios),
    ratioSpread: spread(ratios),
    target: comparison.target,
  }
}
