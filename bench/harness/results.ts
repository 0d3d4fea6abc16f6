/** What the benchmarks found: one page and one record each in `bench/results/`, and an overview of them all. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { isMet, type Measure, targetText } from "./measure.ts"
import { table } from "./table.ts"

const folder = fileURLToPath(new URL("../results/", import.meta.url))

/** What one benchmark found, as far as the overview shows it. */
export interface Result {
  readonly name: string
  readonly command: string
  readonly machine: string
  /** Names and versions of what it was compared with. */
  readonly peers: string
  readonly measures: ReadonlyArray<Measure>
  /** The files of its plots. */
  readonly plots: ReadonlyArray<string>
}

/** A plot and the name of its file. */
export interface NamedPlot {
  readonly file: string
  readonly title: string
  readonly svg: string
}

/** Writes the page of a benchmark, its plots and its record, and the overview anew. */
export const writeResult = (
  result: Omit<Result, "plots">,
  parts: ReadonlyArray<string>,
  plots: ReadonlyArray<NamedPlot>,
): void => {
  const { command, machine, measures, name, peers } = result
  mkdirSync(folder, { recursive: true })
  for (const { file, svg } of plots) writeFileSync(`${folder}${file}`, svg)
  const made = `Made by \`${command}\` on ${machine}${peers === "" ? "" : `, with ${peers}`}.`
  const images = plots.map(({ file, title }) => `![${title}](${file})`)
  writeFileSync(`${folder}${name}.md`, `${[`# ${name}`, made, ...parts, ...images].join("\n\n")}\n`)
  const record: Result = { name, command, machine, peers, measures, plots: plots.map(({ file }) => file) }
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(record, undefined, 2)}\n`)
  writeFileSync(`${folder}README.md`, overview(readResults()))
}

/** The records of all benchmarks, by name. */
export const readResults = (): ReadonlyArray<Result> =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    // Only `writeResult` writes there.
    .map((file) => JSON.parse(readFileSync(`${folder}${file}`, "utf8")) as Result)

/** Every measure that has a target, or that a peer stands beside, in one table; `link` makes the page of its benchmark a cell. */
export const overviewTable = (results: ReadonlyArray<Result>, link: (name: string) => string): string => {
  const words = { true: "met", false: "**missed**", undefined: "" }
  return table(
    ["measure", "against", "figure", "target", "", "page"],
    results.flatMap(({ measures, name }) =>
      measures.map((measure) => [
        measure.name,
        measure.against,
        measure.text,
        targetText(measure).replace(" **missed**", ""),
        words[`${isMet(measure)}`],
        link(name),
      ]),
    ),
  )
}

/** How many targets there are and how many of them were met, in a sentence. */
export const verdict = (results: ReadonlyArray<Result>): string => {
  const all = results.flatMap(({ measures }) => measures.map(isMet)).filter((met) => met !== undefined)
  return `${all.filter(Boolean).length} of ${all.length} targets met.`
}

const overview = (results: ReadonlyArray<Result>): string => {
  const machines = [...new Set(results.map(({ machine }) => machine))]
  const plots = results.flatMap(({ name, plots: files }) => files.map((file) => `[![${name}](${file})](${name}.md)`))
  const parts = [
    "# Results",
    `Everything that was measured, from the last full run of each benchmark; how to read it is in [bench/README.md](../README.md). A ratio is how many times as many operations a second ours does in the same run; ± is half of the interquartile range. Made by \`node bench/all.ts\`, or by the benchmarks one by one, on ${machines.join("; ")}.`,
    verdict(results),
    overviewTable(results, (name) => `[${name}](${name}.md)`),
    ...plots,
  ]
  return `${parts.join("\n\n")}\n`
}
