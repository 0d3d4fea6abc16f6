/** A reporter of vitest's that counts, and names what did not pass at once. */
import { writeFileSync } from "node:fs"
import type { Reporter, TestModule } from "vitest/node"

/** How a run of the tests ended. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** The full names of those among `passed` that failed at first and passed when they were tried again. */
  readonly secondTry: ReadonlyArray<string>
}

/** Writes `Counts` as JSON to the file that `FRAMEDB_TEST_COUNTS` names. */
// Vitest loads a reporter of one's own from the default export of its file.
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const all = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => all.filter((test) => test.result().state === state).length
    const counts: Counts = {
      passed: inState("passed"),
      failed: inState("failed"),
      skipped: inState("skipped"),
      secondTry: all.filter((test) => test.diagnostic()?.flaky === true).map((test) => test.fullName),
    }
    const file = process.env.FRAMEDB_TEST_COUNTS
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts))
  }
}
