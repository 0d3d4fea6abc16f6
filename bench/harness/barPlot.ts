import { drawing, escaped, round } from "./svg.ts"

/** Bars side by side in groups, as a table has cells in rows. */
export interface BarPlot {
  readonly title: string
  /** What the height of a bar is, with its unit. */
  readonly unit: string
  /** The names of the bars in every group. */
  readonly series: ReadonlyArray<string>
  readonly groups: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number> }>
  /** A height to mark with a line across. */
  readonly mark?: number
}

const colours = ["#0b6e4f", "#4c78a8", "#f58518", "#b279a2", "#72b7b2", "#e45756", "#9d755d", "#bab0ac"]
const barWidth = 14
const gap = 24
const height = 220
const left = 56
const top = 56
const bottom = 72

/** Draws the plot as SVG. */
export const barPlot = (plot: BarPlot): string => {
  const values = plot.groups.flatMap((group) => group.values)
  const highest = Math.max(...values, plot.mark ?? 0, 0)
  const lowest = Math.min(...values, 0)
  const scale = height / (highest - lowest || 1)
  const yOf = (value: number) => top + (highest - value) * scale
  const groupWidth = plot.series.length * barWidth + gap
  const width = Math.max(left + plot.groups.length * groupWidth + gap, left + plot.series.length * 130)
  const bars = plot.groups.flatMap((group, index) => {
    const x = left + gap / 2 + index * groupWidth
    const label = `<text x="${x}" y="${top + height + 18}" font-size="11">${escaped(group.name)}</text>`
    const rectangles = group.values.map((value, series) => {
      const y = Math.min(yOf(value), yOf(0))
      const title = `<title>${escaped(`${plot.series[series] ?? ""}: ${round(value)}`)}</title>`
      const size = `width="${barWidth - 2}" height="${round(Math.abs(yOf(value) - yOf(0)))}"`
      return `<rect x="${x + series * barWidth}" y="${round(y)}" ${size} fill="${colours[series % colours.length]}">${title}</rect>`
    })
    return [label, ...rectangles]
  })
  const legend = plot.series.map((name, series) => {
    const x = left + series * 130
    const swatch = `<rect x="${x}" y="${top + height + 36}" width="10" height="10" fill="${colours[series % colours.length]}"/>`
    return `${swatch}<text x="${x + 16}" y="${top + height + 45}" font-size="11">${escaped(name)}</text>`
  })
  const across = (value: number, dashes: string) =>
    `<line x1="${left}" x2="${width - gap}" y1="${round(yOf(value))}" y2="${round(yOf(value))}" stroke="#888" ${dashes}/>` +
    `<text x="${left - 6}" y="${round(yOf(value) + 4)}" font-size="11" text-anchor="end">${round(value)}</text>`
  const lines = [across(0, ""), across(highest, 'stroke-dasharray="2 4"')]
  if (plot.mark !== undefined) lines.push(across(plot.mark, 'stroke-dasharray="6 3"'))
  return drawing({ width, height: top + height + bottom, left }, plot, [...lines, ...bars, ...legend])
}
