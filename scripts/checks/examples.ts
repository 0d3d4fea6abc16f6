/** One file a lesson, each of which has to run. */
import { globSync } from "node:fs"
import { join } from "node:path"
import { root } from "../root.ts"
import type { Check } from "./Check.ts"
import { runFiles } from "./runFiles.ts"

const deadlineMillis = 60_000

/** Runs every example with plain Node; those that are tests are among vitest's. */
export const examples: Check = {
  name: "examples",
  run: () => {
    const names = globSync("*.ts", { cwd: join(root, "examples") }).filter((name) => !name.endsWith(".test.ts"))
    const files = names.sort().map((name) => join(root, "examples", name))
    return runFiles(files, { noun: "example", deadlineMillis })
  },
}
