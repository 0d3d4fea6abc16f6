import type { Compared } from "./compare.ts"

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

/** The table of comparisons: times an operation, the ratio of rates, and its target. */
export const comparisonTable = (rows: ReadonlyArray<Compared>): string =>
  table(
    ["measure", "against", "ours", "peer", "ratio", "target"],
    rows.map((row) => [
      row.name,
      row.against,
      `${duration(row.oursNanos)} ${share(row.oursSpread)}`,
      `${duration(row.peerNanos)} ${share(row.peerSpread)}`,
      `${row.ratio.toFixed(2)} ${share(row.ratioSpread)}`,
      row.target === undefined ? "" : `≥ ${row.target}`,
    ]),
  )
