/** What is wanted of a figure: at least this much where more is better, at most where less is. */
export type Target = { readonly least: number } | { readonly most: number }

/** One figure that a reader may look for, and what was wanted of it. */
export interface Measure {
  readonly name: string
  /** What it is compared with; empty where it stands alone. */
  readonly against: string
  readonly value: number
  /** The value as it is printed, with its unit or spread. */
  readonly text: string
  readonly target?: Target
}

/** Whether the target was met; undefined where there is none. A figure that is no number meets nothing. */
export const isMet = ({ target, value }: Measure): boolean | undefined => {
  if (target === undefined) return undefined
  return "least" in target ? value >= target.least : value <= target.most
}

/** The target in a table's cell, marked when it was missed. */
export const targetText = (measure: Measure): string => {
  const { target } = measure
  if (target === undefined) return ""
  const wanted = "least" in target ? `≥ ${target.least}` : `≤ ${target.most}`
  return isMet(measure) === true ? wanted : `${wanted} **missed**`
}
