/**
 * Hit ratios of `LfuCache` and of the policies in `reference/`, on recorded and on synthetic traces, at capacities of 1, 5 and 20 %
 * of what each trace touches: once with every key the same size, once with sizes.
 *
 * Beside them stands a bound that no policy exceeds. All of it is reckoned, not timed: a run can be repeated to the last hit.
 *
 *   node bench/cache/hit-ratio.ts [--traces folder] [--short]
 */
import { type Bench, run } from "../harness/main.ts"
import type { Measure, Target } from "../harness/measure.ts"
import { mean } from "../harness/statistics.ts"
import { hitBound } from "./bound.ts"
import { references } from "./reference/index.ts"
import { lfuCache, lfuCacheForBytes, type Ratios, replay } from "./replay.ts"
import { syntheticTraces } from "./synthetic.ts"
import { firstOf, readTraces, type Trace, withHugeSizes, withSizes } from "./traces.ts"

const capacities = [0.01, 0.05, 0.2]

const policies = { LfuCache: lfuCache, ...references }
const sizedPolicies = { LfuCache: lfuCache, "LfuCache, for bytes": lfuCacheForBytes, ...references }

interface Row {
  readonly trace: string
  readonly capacity: number
  readonly ratios: Readonly<Record<string, Ratios>>
  /** The hit ratio that no policy exceeds. */
  readonly bound: number
}

const measure = (traces: ReadonlyArray<Trace>, of: typeof policies): ReadonlyArray<Row> =>
  traces.flatMap((trace) =>
    capacities.map((capacity) => ({
      trace: trace.name,
      capacity,
      ratios: Object.fromEntries(Object.entries(of).map(([name, make]) => [name, replay(trace, make, capacity)])),
      bound: hitBound(trace, capacity),
    })),
  )

const ratiosOf = (row: Row, policy: string): Ratios => row.ratios[policy] ?? { hits: Number.NaN, bytes: Number.NaN }

const points = (value: number): string => `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}`

const details = (bench: Bench, rows: ReadonlyArray<Row>, names: ReadonlyArray<string>, bytes: boolean): void =>
  bench.table(
    ["trace and capacity", ...names, "bound"],
    rows.map((row) => [
      `${row.trace}, ${row.capacity * 100} %`,
      ...names.map((name) => {
        const ratios = ratiosOf(row, name)
        return bytes ? `${ratios.hits.toFixed(1)} / ${ratios.bytes.toFixed(1)}` : ratios.hits.toFixed(1)
      }),
      row.bound.toFixed(1),
    ]),
  )

const overLruOf = (row: Row, policy: string): number => ratiosOf(row, policy).hits - ratiosOf(row, "LRU").hits

const bytesOverLruOf = (row: Row, policy: string): number => ratiosOf(row, policy).bytes - ratiosOf(row, "LRU").bytes

const underBest = (row: Row, policy: string): number =>
  ratiosOf(row, policy).hits - Math.max(...Object.keys(references).map((name) => ratiosOf(row, name).hits))

/** The share of LRU's misses that a hit ratio saves, in per cent. */
const savedOf = (row: Row, hits: number): number => 100 - (100 * (100 - hits)) / (100 - ratiosOf(row, "LRU").hits)

const worst = (rows: ReadonlyArray<Row>, of: (row: Row) => number): number => Math.min(...rows.map(of))

const summary = (bench: Bench, rows: ReadonlyArray<Row>, names: ReadonlyArray<string>): void => {
  const boundOver = mean(rows.map((row) => row.bound - ratiosOf(row, "LRU").hits))
  const boundSaves = mean(rows.map((row) => savedOf(row, row.bound)))
  bench.table(
    [
      "policy",
      "hits: mean points over LRU",
      "worst against LRU",
      "worst against the best reference",
      "fewer misses than LRU",
      "bytes: worst against LRU",
    ],
    [
      ...names.map((name) => [
        name,
        points(mean(rows.map((row) => overLruOf(row, name)))),
        points(worst(rows, (row) => overLruOf(row, name))),
        points(worst(rows, (row) => underBest(row, name))),
        `${mean(rows.map((row) => savedOf(row, ratiosOf(row, name).hits))).toFixed(1)} %`,
        points(worst(rows, (row) => bytesOverLruOf(row, name))),
      ]),
      ["bound: knows the future", points(boundOver), "", "", `${boundSaves.toFixed(1)} %`, ""],
    ],
  )
}

/** What is wanted of `LfuCache`: everywhere; on recorded traces; where sizes vary. */
const figures = (bench: Bench, title: string, rows: ReadonlyArray<Row>, kind: Kind): void => {
  const figure = (name: string, against: string, value: number, unit: string, target?: Target): Measure => ({
    name: `${title}: ${name}`,
    against,
    value,
    text: unit === "%" ? `${value.toFixed(1)} %` : points(value),
    ...(target === undefined ? {} : { target }),
  })
  const name = "LfuCache"
  const over = mean(rows.map((row) => overLruOf(row, name)))
  const saved = mean(rows.map((row) => savedOf(row, ratiosOf(row, name).hits)))
  const wanted = (least: number, isWanted: boolean) => (isWanted ? { least } : undefined)
  const { isRecorded, isSized } = kind
  bench.figures([
    figure("hit ratio, mean points over", "LRU", over, "points", wanted(4.5, isRecorded && !isSized)),
    figure(
      "hit ratio, worst",
      "the best reference",
      worst(rows, (row) => underBest(row, name)),
      "points",
      { least: -3 },
    ),
    ...(isSized
      ? [
          figure("misses saved on average", "LRU", saved, "%", wanted(18, isRecorded)),
          figure(
            "hit ratio, worst",
            "LRU",
            worst(rows, (row) => overLruOf(row, name)),
            "points",
            { least: -1 },
          ),
          figure(
            "byte hit ratio, worst",
            "LRU",
            worst(rows, (row) => bytesOverLruOf(row, name)),
            "points",
            { least: -2 },
          ),
          figure(
            "byte hit ratio with favour: bytes, worst",
            "LRU",
            worst(rows, (row) => bytesOverLruOf(row, "LfuCache, for bytes")),
            "points",
            { least: -2 },
          ),
        ]
      : []),
  ])
}

interface Kind {
  readonly isRecorded: boolean
  readonly isSized: boolean
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

const report = (bench: Bench, title: string, traces: ReadonlyArray<Trace>, kind: Kind, suffix: string): void => {
  const of = kind.isSized ? sizedPolicies : policies
  const rows = measure(traces, of)
  const names = Object.keys(of)
  bench.note(`## ${title}`)
  figures(bench, title, rows, kind)
  summary(bench, rows, names)
  details(bench, rows, names, kind.isSized)
  const drawn = names.filter((name) => name !== "LRU" && name !== "LFU")
  overLru(bench, title, rows, drawn, suffix)
}

await run("cache-hit-ratio", async (bench) => {
  const { option, short } = bench.settings
  const all = readTraces(option("traces") ?? process.env["FRAMEDB_TRACES"])
  const traces = short ? all.map((trace) => firstOf(trace, 4000)) : all
  const synthetic = syntheticTraces(short ? 4000 : 300_000)
  const kind = (isRecorded: boolean, isSized: boolean): Kind => ({ isRecorded, isSized })
  bench.note(
    `Traces: ${all.map((trace) => trace.name).join(", ")}. A figure is a hit ratio in per cent; after a slash, by bytes. "Bound" is a hit ratio that no policy exceeds, not even one that knows the future (PFOO-L); what lies between is mostly first touches and keys whose next touch nothing foretells.`,
  )
  report(bench, "Recorded traces", traces, kind(true, false), "")
  const sized = traces.map((trace) => (trace.sizes === undefined ? withSizes(trace) : trace))
  report(bench, "Recorded traces, sizes of 100 to 4,000 bytes", sized, kind(true, true), "-sized")
  report(bench, "Synthetic traces", synthetic, kind(false, false), "-synthetic")
  const synthetically = synthetic.map(withSizes)
  report(bench, "Synthetic traces, sizes of 100 to 4,000 bytes", synthetically, kind(false, true), "-synthetic-sized")
  bench.note(
    'Where a few objects are hundreds of times as large as the others, hits and bytes are at odds: one huge object takes the place of hundreds of small ones. By default the cache goes for hits, as GDSF does; `favour: "bytes"` goes for bytes.',
  )
  report(bench, "Synthetic traces, one object in fifty huge", synthetic.map(withHugeSizes), kind(false, true), "-huge")
})
