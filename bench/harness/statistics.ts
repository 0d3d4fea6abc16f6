/** The middle of some numbers; of an even count, the mean of the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** How far the middle half of some numbers reaches, as a share of their median: half of the interquartile range. */
export const spread = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((left, right) => left - right)
  const quartile = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return (quartile(0.75) - quartile(0.25)) / 2 / median(values)
}

/** The arithmetic mean. */
export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
