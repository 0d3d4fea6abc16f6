/** Vitest's two projects. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Check, CheckResult } from "./Check.ts"
import type { Counts } from "./CountsReporter.ts"
import { runCommand } from "./runCommand.ts"

const deadlineMillis = 14 * 60_000
const projects = new Set(["unit", "live"])

const readCounts = async (file: string): Promise<Counts> => {
  try {
    return JSON.parse(await readFile(file, "utf8"))
  } catch {
    // Vitest did not get as far as a report; its exit code tells.
    return { passed: 0, failed: 0, skipped: 0, secondTry: [] }
  }
}

const summaryOf = ({ passed, failed, skipped, secondTry }: Counts): string => {
  const words = [`${passed} passed`]
  if (failed > 0) words.push(`${failed} failed`)
  if (skipped > 0) words.push(`${skipped} skipped`)
  if (secondTry.length > 0) words.push(`${secondTry.length} only at the second try: ${secondTry.join("; ")}`)
  return words.join(", ")
}

const reporters = ["--reporter=default", `--reporter=${join(import.meta.dirname, "CountsReporter.ts")}`]

const runVitest = async (filters: ReadonlyArray<string>): Promise<CheckResult> => {
  const folder = await mkdtemp(join(tmpdir(), "framedb-report-"))
  const report = join(folder, "counts.json")
  const selected = filters.flatMap((filter) => (projects.has(filter) ? ["--project", filter] : [filter]))
  const args = ["run", "--config", "vitest.workspace.ts", ...reporters, ...selected]
  const environment = { FRAMEDB_TEST_COUNTS: report }
  try {
    const { succeeded, output } = await runCommand("vitest", args, { deadlineMillis, live: true, environment })
    const counts = await readCounts(report)
    // A file that can't be loaded fails the run without failing a test.
    const failed = succeeded ? counts.failed : Math.max(1, counts.failed)
    return { passed: counts.passed, failed, summary: summaryOf({ ...counts, failed }), output }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs every test, or those that the filters select: `unit`, `live`, and anything that vitest takes. */
export const tests = (filters: ReadonlyArray<string>): Check => ({ name: "tests", run: () => runVitest(filters) })
