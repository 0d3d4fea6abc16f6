/**
 * The benchmarks' common ground. A benchmark is one file in a folder of `bench/` that plain Node runs:
 *
 *   import { run } from "../harness/main.ts"
 *
 *   await run("objects-get", async ({ compare, note, table, plot, settings }) => {
 *     await compare({
 *       name: "getObject 1 KiB, concurrency 64",
 *       against: "ioredis getBuffer",
 *       ours: async (operations) => { … },
 *       peer: async (operations) => { … },
 *       operations: 20_000,
 *       target: 2.5,
 *     })
 *   })
 *
 *   node bench/objects/get.ts             measures, prints, and writes bench/results/objects-get.md, .json and .svg
 *   node bench/objects/get.ts --short     runs a few per cent of it and writes nothing: what CI does
 *   node bench/objects/get.ts --rounds 31 measures more pairs
 *
 * `compare` warms up, then measures in alternating pairs and takes the median of their ratios. `figures` adds figures that are no
 * ratios of rates, `table` a table of anything else, `plot` another plot, `note` a sentence. Everything is printed at once, and
 * written at the end, under the machine, the versions and the command that made it. What has a target is marked in the page, the plots
 * and the overview when it was missed. Options of a benchmark's own are read with `settings.option("name")`.
 */
import { realpathSync } from "node:fs"
import { type BarPlot, barPlot } from "./barPlot.ts"
import { type Compared, type Comparison, compare } from "./compare.ts"
import { machine } from "./machine.ts"
import type { Measure } from "./measure.ts"
import { peers } from "./peers.ts"
import { ratioPlot } from "./ratioPlot.ts"
import { type NamedPlot, writeResult } from "./results.ts"
import { type Settings, settings } from "./settings.ts"
import { comparisonTable, figureTable, ratioOf, table } from "./table.ts"

/** What a benchmark is given to work with. */
export interface Bench {
  readonly settings: Settings
  /** Measures one comparison and adds it to the results. */
  readonly compare: (comparison: Comparison) => Promise<Compared>
  /** Adds figures that are no ratios of rates, with their targets, as a table of their own. */
  readonly figures: (measures: ReadonlyArray<Measure>) => void
  /** Adds a table. */
  readonly table: (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) => void
  /** Adds a plot, in a file of the benchmark's name and this suffix. */
  readonly plot: (plot: BarPlot, suffix?: string) => void
  /** Adds a paragraph. */
  readonly note: (text: string) => void
}

/** Runs a benchmark and writes what it found to `bench/results/`. */
export const run = async (name: string, body: (bench: Bench) => Promise<void>): Promise<void> => {
  const found = settings()
  const compared: Array<Compared> = []
  const alone: Array<Measure> = []
  const parts: Array<string> = []
  const plots: Array<NamedPlot> = []
  const say = (text: string) => {
    parts.push(text)
    process.stdout.write(`${text}\n\n`)
  }
  const versions = peers(realpathSync(process.argv[1] ?? "."))
  process.stdout.write(`# ${name}\n\n${machine()}${versions === "" ? "" : `, with ${versions}`}\n\n`)
  await body({
    settings: found,
    compare: async (comparison) => {
      const result = await compare(comparison, found)
      compared.push(result)
      process.stdout.write(`${comparisonTable([result]).split("\n")[2]}\n`)
      return result
    },
    figures: (measures) => {
      alone.push(...measures)
      say(figureTable(measures))
    },
    table: (head, rows) => say(table(head, rows)),
    plot: (plot, suffix = "") => plots.push({ file: `${name}${suffix}.svg`, title: plot.title, svg: barPlot(plot) }),
    note: say,
  })
  if (found.short) return
  if (compared.length > 0) {
    parts.unshift(comparisonTable(compared))
    plots.unshift({ file: `${name}.svg`, title: name, svg: ratioPlot(name, compared) })
  }
  const measures = [...compared.map(ratioOf), ...alone]
  writeResult({ name, command: found.command, machine: machine(), peers: versions, measures }, parts, plots)
}
