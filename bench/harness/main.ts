/**
 * The benchmarks' common ground. A benchmark is one file in `bench/` that plain Node runs:
 *
 *   import { run } from "./harness/main.ts"
 *
 *   await run("redis-get", async ({ compare, note, table, plot, settings }) => {
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
 *   node bench/redis-get.ts             measures, prints, and writes bench/results/redis-get.md and .svg
 *   node bench/redis-get.ts --short     runs a few per cent of it and writes nothing: what CI does
 *   node bench/redis-get.ts --rounds 31 measures more pairs
 *
 * `compare` warms up, then measures in alternating pairs and takes the median of their ratios. `table` adds a table of anything else,
 * `plot` another plot, `note` a sentence. Everything is printed at once, and written at the end, under the machine and the
 * command that made it. Options of a benchmark's own are read with `settings.option("name")`.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type BarPlot, barPlot } from "./barPlot.ts"
import { type Compared, type Comparison, compare } from "./compare.ts"
import { machine } from "./machine.ts"
import { type Settings, settings } from "./settings.ts"
import { comparisonTable, table } from "./table.ts"

/** What a benchmark is given to work with. */
export interface Bench {
  readonly settings: Settings
  /** Measures one comparison and adds it to the results. */
  readonly compare: (comparison: Comparison) => Promise<Compared>
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
  const parts: Array<string> = []
  const plots: Array<{ readonly file: string; readonly plot: BarPlot }> = []
  const say = (text: string) => {
    parts.push(text)
    process.stdout.write(`${text}\n\n`)
  }
  process.stdout.write(`# ${name}\n\n${machine()}\n\n`)
  await body({
    settings: found,
    compare: async (comparison) => {
      const result = await compare(comparison, found)
      compared.push(result)
      process.stdout.write(`${comparisonTable([result]).split("\n")[2]}\n`)
      return result
    },
    table: (head, rows) => say(table(head, rows)),
    plot: (plot, suffix = "") => plots.push({ file: `${name}${suffix}.svg`, plot }),
    note: say,
  })
  if (compared.length > 0) {
    parts.unshift(comparisonTable(compared))
    plots.unshift({ file: `${name}.svg`, plot: ratioPlot(name, compared) })
  }
  if (!found.short) write(name, found, parts, plots)
}

const ratioPlot = (name: string, compared: ReadonlyArray<Compared>): BarPlot => ({
  title: name,
  unit: "operations a second, as a multiple of the peer's",
  series: ["ratio", "target"],
  groups: compared.map((row) => ({ name: row.name, values: [row.ratio, row.target ?? 0] })),
  mark: 1,
})

const write = (
  name: string,
  { command }: Settings,
  parts: ReadonlyArray<string>,
  plots: ReadonlyArray<{ readonly file: string; readonly plot: BarPlot }>,
): void => {
  const folder = fileURLToPath(new URL("../results/", import.meta.url))
  mkdirSync(folder, { recursive: true })
  for (const { file, plot } of plots) writeFileSync(`${folder}${file}`, barPlot(plot))
  const images = plots.map(({ file, plot }) => `![${plot.title}](${file})`)
  const head = [`# ${name}`, `Made by \`${command}\` on ${machine()}.`]
  writeFileSync(`${folder}${name}.md`, `${[...head, ...parts, ...images].join("\n\n")}\n`)
}
