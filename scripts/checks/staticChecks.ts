/** What can be said about the sources without running them. */
import type { Check } from "./Check.ts"
import { runCommand } from "./runCommand.ts"

const deadlineMillis = 120_000

/** The output goes through a pipe, which hides from the tools whether a person reads it. */
const colors = process.stdout.isTTY === true ? "force" : "off"

const commandCheck = (name: string, command: string, ...args: ReadonlyArray<string>): Check => ({
  name,
  run: async () => {
    const { succeeded, output } = await runCommand(command, args, { deadlineMillis })
    return { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1, summary: "", output }
  },
})

/** Lint and format. */
export const lint: Check = commandCheck("lint and format", "biome", "ci", `--colors=${colors}`, ".")

/** Types of everything: sources, tests, examples, benchmarks and scripts. */
export const types: Check = commandCheck("types", "tsc", "--pretty", String(colors === "force"), "-p", ".")
