/**
 * Hit ratios of `LfuCache` and of the policies in `reference/`, on recorded and on synthetic traces, at capacities of 1, 5 and 20 %
 * of what each trace touches: once with every key the same size, once with sizes.
 *
 *   node bench/cache/hit-ratio.ts [--traces folder] [--short]
 */
import { type Bench, run } from "../harness/main.ts"
import { mean } from "../harness/statistics.ts"
import { references } from "./reference/index.ts"
import { lfuCache, lfuCacheForBytes, type Ratios, replay } from "./replay.ts"
import { syntheticTraces } from "./synthetic.ts"
import { readTraces, type Trace, withSizes } from "./traces.ts"

const capacities = [0.01, 0.05, 0.2]

const policies = { LfuCache: lfuCache, ...references }
const sizedPolicies = { LfuCache: lfuCache, "LfuCache, for bytes": lfuCacheForBytes, ...references }

interface Row {
  readonly trace: string
  readonly capacity: number
  readonly ratios: Readonly<Record<string, Ratios>>
}

const measure = (traces: ReadonlyArray<Trace>, of: typeof policies): ReadonlyArray<Row> =>
  traces.flatMap((trace) =>
    capacities.map((capacity) => ({
      trace: trace.name,
      capacity,
      ratios: Object.fromEntries(Object.entries(of).map(([name, make]) => [name, replay(trace, make, capacity)])),
    })),
  )

const ratiosOf = (row: Row, policy: string): Ratios => row.ratios[policy] ?? { hits: Number.NaN, bytes: Number.NaN }

const points = (value: number): string => `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}`

const details = (bench: Bench, rows: ReadonlyArray<Row>, names: ReadonlyArray<string>, bytes: boolean): void =>
  bench.table(
    ["trace and capacity", ...names],
    rows.map((row) => [
      `${row.trace}, ${row.capacity * 100} %`,
      ...names.map((name) => {
        const ratios = ratiosOf(row, name)
        return bytes ? `${ratios.hits.toFixed(1)} / ${ratios.bytes.toFixed(1)}` : ratios.hits.toFixed(1)
      }),
    ]),
  )

/** The worst that a policy does against something, over all rows. */
const worst = (rows: ReadonlyArray<Row>, differenceOf: (row: Row) => number): string =>
  points(Math.min(...rows.map(differenceOf)))

const summary = (bench: Bench, rows: ReadonlyArray<Row>, names: ReadonlyArray<string>): void => {
  const best = (row: Row) => Math.max(...Object.keys(references).map((name) => ratiosOf(row, name).hits))
  bench.table(
    [
      "policy",
      "hits: mean points over LRU",
      "worst against LRU",
      "worst against the best reference",
      "fewer misses than LRU",
      "bytes: worst against LRU",
    ],
    names.map((name) => [
      name,
      points(mean(rows.map((row) => ratiosOf(row, name).hits - ratiosOf(row, "LRU").hits))),
      worst(rows, (row) => ratiosOf(row, name).hits - ratiosOf(row, "LRU").hits),
      worst(rows, (row) => ratiosOf(row, name).hits - best(row)),
      `${mean(rows.map((row) => 100 - (100 * (100 - ratiosOf(row, name).hits)) / (100 - ratiosOf(row, "LRU").hits))).toFixed(1)} %`,
      worst(rows, (row) => ratiosOf(row, name).bytes - ratiosOf(row, "LRU").bytes),
    ]),
  )
}

const overLru = (
  bench: Bench,
  title: string,
  rows: ReadonlyArray<Row>,
  names: ReadonlyArray<string>,
  suffix: string,
): void => {
  const traces = [...new Set(rows.map((row) => row.trace))]
  bench.plot(
    {
      title,
      unit: "points of hit ratio over LRU, mean of capacities of 1, 5 and 20 %",
      series: names,
      groups: traces.map((trace) => {
        const own = rows.filter((row) => row.trace === trace)
        return {
          name: trace,
          values: names.map((name) => mean(own.map((row) => ratiosOf(row, name).hits - ratiosOf(row, "LRU").hits))),
        }
      }),
    },
    suffix,
  )
}

const report = (
  bench: Bench,
  title: string,
  traces: ReadonlyArray<Trace>,
  of: typeof policies,
  suffix: string,
): void => {
  const rows = measure(traces, of)
  const names = Object.keys(of)
  bench.note(`## ${title}`)
  summary(bench, rows, names)
  details(bench, rows, names, of === sizedPolicies)
  overLru(
    bench,
    title,
    rows,
    names.filter((name) => name !== "LRU" && name !== "LFU"),
    suffix,
  )
}

await run("cache-hit-ratio", async (bench) => {
  const { option, short } = bench.settings
  const folder = option("traces") ?? process.env["FRAMEDB_TRACES"]
  const all = readTraces(folder)
  const traces = short ? all.filter((trace) => trace.accesses.length < 50_000) : all
  const synthetic = syntheticTraces(short ? 20_000 : 300_000)
  bench.note(
    `Traces: ${all.map((trace) => trace.name).join(", ")}. A figure is a hit ratio in per cent; after a slash, by bytes.`,
  )
  report(bench, "Recorded traces", traces, policies, "")
  const sized = traces.map((trace) => (trace.sizes === undefined ? withSizes(trace) : trace))
  report(bench, "Recorded traces, sizes of 100 to 4,000 bytes", sized, sizedPolicies, "-sized")
  report(bench, "Synthetic traces", synthetic, policies, "-synthetic")
  report(
    bench,
    "Synthetic traces, sizes of 100 to 4,000 bytes",
    synthetic.map(withSizes),
    sizedPolicies,
    "-synthetic-sized",
  )
})
