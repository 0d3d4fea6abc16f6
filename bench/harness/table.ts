import type { Compared } from "./compare.ts"
import { type Measure, targetText } from "./measure.ts"

/** A Markdown table; the first column is aligned to the left, the others to the right. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"))
  return [line(head), line(rule), ...rows.map(line)].join("\n")
}

/** Nanoseconds with a unit that suits them. */
export const duration = (nanos: number): string => {
  if (nanos < 1000) return `${nanos.toFixed(0)} ns`
  return nanos < 1e6 ? `${(nanos / 1000).toFixed(1)} µs` : `${(nanos / 1e6).toFixed(2)} ms`
}

const share = (value: number): string => `± ${(100 * value).toFixed(0)} %`

/** A comparison's ratio as a figure with a target. */
export const ratioOf = ({ against, name, ratio, ratioSpread, target }: Compared): Measure => ({
  name,
  against,
  value: ratio,
  text: `${ratio.toFixed(2)} ${share(ratioSpread)}`,
  ...(target === undefined ? {} : { target: { least: target } }),
})

/** The table of comparisons: times an operation, the ratio of rates, and its target, marked when it was missed. */
export const comparisonTable = (rows: ReadonlyArray<Compared>): string =>
  table(
    ["measure", "against", "ours", "peer", "ratio", "target"],
    rows.map((row) => [
      row.name,
      row.against,
      `${duration(row.oursNanos)} ${share(row.oursSpread)}`,
      `${duration(row.peerNanos)} ${share(row.peerSpread)}`,
      ratioOf(row).text,
      targetText(ratioOf(row)),
    ]),
  )

/** The table of figures that stand alone. */
export const figureTable = (rows: ReadonlyArray<Measure>): string =>
  table(
    ["measure", "against", "figure", "target"],
    rows.map((row) => [row.name, row.against, row.text, targetText(row)]),
  )
