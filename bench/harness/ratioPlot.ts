import type { Compared } from "./compare.ts"
import { isMet } from "./measure.ts"
import { drawing, escaped, round } from "./svg.ts"
import { ratioOf } from "./table.ts"

const left = 12
const labelWidth = 330
const chartWidth = 400
const figureWidth = 60
const top = 60
const rowHeight = 26
const bottom = 44
const colours = { true: "#0b6e4f", false: "#d62728", undefined: "#4c78a8" }
const legend = [
  [colours.true, "target met"],
  [colours.false, "target missed"],
  [colours.undefined, "no target"],
] as const

/**
 * Draws ratios as bars from 1, to the right where ours does more, on a logarithmic scale: twice as much and half as much are as long.
 *
 * A line across a bar is its target, the thin line through its end reaches as far as the middle half of the pairs' ratios.
 */
export const ratioPlot = (title: string, rows: ReadonlyArray<Compared>): string => {
  const reached = rows.flatMap(({ ratio, target }) => [ratio, target ?? 1]).filter((value) => value > 0)
  const most = Math.log2(Math.max(...reached, 2)) + 0.1
  const least = Math.log2(Math.min(...reached, 0.5)) - 0.1
  const chart = left + labelWidth
  const xOf = (ratio: number) =>
    chart + ((Math.min(Math.max(Math.log2(ratio), least), most) - least) / (most - least)) * chartWidth
  const height = top + rows.length * rowHeight + bottom
  const foot = height - bottom
  const ticks = Array.from({ length: Math.floor(most) - Math.ceil(least) + 1 }, (_, index) => {
    const ratio = 2 ** (Math.ceil(least) + index)
    const x = round(xOf(ratio))
    const stroke = ratio === 1 ? "#888" : "#8884"
    return `<line x1="${x}" x2="${x}" y1="${top - 6}" y2="${foot}" stroke="${stroke}"/><text x="${x}" y="${foot + 14}" font-size="11" text-anchor="middle">${ratio}</text>`
  })
  const bars = rows.flatMap((row, index) => bar(row, top + index * rowHeight, xOf))
  const swatches = legend.map(([colour, name], index) => {
    const x = chart + index * 120
    return `<rect x="${x}" y="${height - 20}" width="10" height="10" fill="${colour}"/><text x="${x + 16}" y="${height - 11}" font-size="11">${name}</text>`
  })
  const unit = "operations a second, as a multiple of the peer's; a line across a bar is its target"
  const size = { width: chart + chartWidth + figureWidth, height, left }
  return drawing(size, { title, unit }, [...ticks, ...bars, ...swatches])
}

const bar = (row: Compared, y: number, xOf: (ratio: number) => number): ReadonlyArray<string> => {
  const { ratio, ratioSpread, target } = row
  const [from, to] = [xOf(1), xOf(ratio)]
  const x = Math.min(from, to)
  const middle = y + 8
  const whisker = [xOf(ratio * Math.max(1 - ratioSpread, 0.01)), xOf(ratio * (1 + ratioSpread))].map(round)
  const parts = [
    `<text x="${left}" y="${y + 12}" font-size="11">${escaped(row.name)}</text>`,
    `<rect x="${round(x)}" y="${y}" width="${round(Math.abs(to - from))}" height="16" fill="${colours[`${isMet(ratioOf(row))}`]}"><title>${escaped(row.against)}</title></rect>`,
    `<line x1="${whisker[0]}" x2="${whisker[1]}" y1="${middle}" y2="${middle}" stroke="#aaa"/>`,
    `<text x="${left + labelWidth + chartWidth + 6}" y="${y + 12}" font-size="11">${ratio.toFixed(2)}</text>`,
  ]
  if (target === undefined) return parts
  const at = round(xOf(target))
  return [...parts, `<line x1="${at}" x2="${at}" y1="${y - 3}" y2="${y + 19}" stroke="#bbb" stroke-width="3"/>`]
}
