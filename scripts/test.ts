// Every check of this repository, in the order in which they find the most for the least time. Stops after the first
// step in which something failed.
//
//   npm test                       everything
//   npm test -- unit packages/core only tests: a project of vitest (unit or live), and what vitest takes besides
import { benchmarks } from "./checks/benchmarks.ts"
import type { Check, CheckResult } from "./checks/Check.ts"
import { examples } from "./checks/examples.ts"
import { packages } from "./checks/packages.ts"
import { published } from "./checks/published.ts"
import { snippets } from "./checks/snippets.ts"
import { lint, types } from "./checks/staticChecks.ts"
import { tests } from "./checks/tests.ts"

const filters = process.argv.slice(2)

/** What stands together runs at the same time. */
const steps: ReadonlyArray<ReadonlyArray<Check>> =
  filters.length > 0
    ? [[packages], [tests(filters)]]
    : [[packages, lint, types], [tests([])], [examples], [snippets], [published], [benchmarks]]

const say = (line: string) => process.stdout.write(`${line}\n`)

const runCheck = async ({ name, run }: Check): Promise<CheckResult> => {
  const start = performance.now()
  const result = await run()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const words = [result.failed === 0 ? "✓" : "✗", name, result.summary, `(${seconds} s)`]
  if (result.failed > 0 && result.output !== "") say(result.output.trimEnd())
  say(words.filter((word) => word !== "").join(" "))
  return result
}

let passed = 0
let failed = 0
for (const step of steps) {
  for (const result of await Promise.all(step.map(runCheck))) {
    passed += result.passed
    failed += result.failed
  }
  if (failed > 0) break
}
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
