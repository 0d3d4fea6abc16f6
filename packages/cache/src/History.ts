import { bucketOf } from "./ageBuckets.ts"

/**
 * What is remembered of the touches of one key, packed into one integer, so that a hit writes fields and allocates nothing:
 *
 *   bits 0–5    the class: 8 of frequency × 8 of usual interval, what the reuse model tells apart
 *   bits 6–13   how often it was touched, at most 255
 *   bits 14–23  the usual interval between touches: a moving average of age buckets, in sixteenths
 *
 * Zero is no history at all, as every key that was seen was touched once. The average halves the past at each touch, which is
 * how a key ages that used to be frequent; the cells of the model hold the rest of the ageing.
 */
export type History = number

/** The bits of a history's class: how often it was touched, and at which usual interval. */
export const classBits = 6
/** How many classes there are. */
export const classes = 1 << classBits
export const frequencyClasses = 8
export const intervalClasses = 8

const countShift = classBits
const highestCount = 255
const intervalShift = 14
const intervalScale = 16
/** The last interval class begins near 2¹⁹ touches: what is rarer is rare. */
const bucketsPerIntervalClass = 44 / 7

const frequencyClassOf = (count: number): number => {
  if (count <= 3) return Math.max(count - 1, 0)
  if (count <= 5) return 3
  if (count <= 8) return 4
  if (count <= 14) return 5
  return count <= 30 ? 6 : 7
}

/** Frequency classes by count, premultiplied to be added to an interval class. */
const frequencyPart = Uint8Array.from(
  { length: highestCount + 1 },
  (_, count) => frequencyClassOf(count) * intervalClasses,
)

/** Interval classes by average bucket; class 0 is for keys that were touched once and have no interval. */
const intervalPart = Uint8Array.from({ length: 64 }, (_, bucket) =>
  Math.min(1 + Math.floor(bucket / bucketsPerIntervalClass), intervalClasses - 1),
)

/** The history of a key at its first touch. */
export const firstTouch: History = 1 << countShift

/** The class of a history, from 0 to 63. */
export const classOf = (history: History): number => history & (classes - 1)

/** The history of a key that is touched again at an age. */
export const touchedAgain = (history: History, age: number): History => {
  const count = (history >>> countShift) & highestCount
  const latest = bucketOf(age) * intervalScale
  const before = history >>> intervalShift
  const interval = before === 0 ? latest : (before + latest) >> 1
  const next = count < highestCount ? count + 1 : highestCount
  const kind = (frequencyPart[next] ?? 0) + (intervalPart[interval >> 4] ?? 0)
  return (interval << intervalShift) | (next << countShift) | kind
}
