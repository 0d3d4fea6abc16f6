/** One line of `npm test`. */

/** What a check found. */
export interface CheckResult {
  readonly passed: number
  readonly failed: number
  /** A few words for the check's line, such as `12 files`. */
  readonly summary: string
  /** Shown where something failed; empty where it has been shown already. */
  readonly output: string
}

/** Something that `npm test` checks. */
export interface Check {
  readonly name: string
  readonly run: () => Promise<CheckResult>
}
