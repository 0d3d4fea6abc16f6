/** Files that are right when plain Node runs them to their end. */
import { relative } from "node:path"
import { root } from "../root.ts"
import type { CheckResult } from "./Check.ts"
import { runCommand } from "./runCommand.ts"

/** A number of things, in words. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** Runs each file by itself, one after the other, up to the first that fails. */
export const runFiles = async (
  files: ReadonlyArray<string>,
  options: { /** In the singular. */ readonly noun: string; readonly deadlineMillis: number },
): Promise<CheckResult> => {
  const summary = count(files.length, options.noun)
  for (const [index, file] of files.entries()) {
    const { succeeded, output } = await runCommand(process.execPath, [file], options)
    if (!succeeded) return { passed: index, failed: 1, summary, output: `${relative(root, file)}\n${output}` }
  }
  return { passed: files.length, failed: 0, summary, output: "" }
}
