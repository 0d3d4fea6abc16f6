/** What scripts that write many values have in common. */
import { PartlyApplied, replyCode } from "../classify.ts"

/** Above it a script, which copies what it is given, costs the server more than it saves here. */
export const maxScriptedBytes = 16 * 1024

/** Refusals that meet the first write of a script as well as any later one: nothing was written. */
const refusesAll: ReadonlySet<string | undefined> = new Set([
  "OOM",
  "READONLY",
  "MISCONF",
  "LOADING",
  "BUSY",
  "MASTERDOWN",
])

/** Throws what a script of many writes has thrown, and says where some of the writes may have been made before. */
export const partlyApplied = (thrown: unknown): never => {
  const code = replyCode(thrown)
  throw code === undefined || code === "NOPERM" || refusesAll.has(code) ? thrown : new PartlyApplied(thrown)
}
