/** Vitest's two projects. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Check, CheckResult } from "./Check.ts"
import { runCommand } from "./runCommand.ts"

const deadlineMillis = 14 * 60_000
const projects = new Set(["unit", "live"])

/** The part of vitest's JSON report that is read here. */
interface Counts {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

const readCounts = async (file: string): Promise<Counts> => {
  const none: Counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }
  try {
    return { ...none, ...JSON.parse(await readFile(file, "utf8")) }
  } catch {
    // Vitest did not get as far as a report; its exit code tells.
    return none
  }
}

const runVitest = async (filters: ReadonlyArray<string>): Promise<CheckResult> => {
  const folder = await mkdtemp(join(tmpdir(), "framedb-report-"))
  const report = join(folder, "report.json")
  const args = filters.flatMap((filter) => (projects.has(filter) ? ["--project", filter] : [filter]))
  try {
    const { succeeded, output } = await runCommand(
      "vitest",
      [
        "run",
        "--config",
        "vitest.workspace.ts",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...args,
      ],
      { deadlineMillis, live: true },
    )
    const counts = await readCounts(report)
    // A file that can't be loaded fails the run without failing a test.
    const failed = succeeded ? counts.numFailedTests : Math.max(1, counts.numFailedTests)
    const words = [`${counts.numPassedTests} passed`]
    if (failed > 0) words.push(`${failed} failed`)
    if (counts.numPendingTests > 0) words.push(`${counts.numPendingTests} skipped`)
    return { passed: counts.numPassedTests, failed, summary: words.join(", "), output }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs every test, or those that the filters select: `unit`, `live`, and anything that vitest takes. */
export const tests = (filters: ReadonlyArray<string>): Check => ({ name: "tests", run: () => runVitest(filters) })
