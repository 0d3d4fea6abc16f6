/** The benchmarks in their short form: not to measure, but so that they don't rot. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { root } from "../root.ts"
import type { Check } from "./Check.ts"
import { runFiles } from "./runFiles.ts"

/** About a minute on two cores; each benchmark has a deadline of its own. */
const deadlineMillis = 300_000

/** The one list of short benchmarks. */
const shortRun = join(root, "bench", "short.ts")

/** Runs `bench/short.ts`, where there is one. */
export const benchmarks: Check = {
  name: "benchmarks",
  run: () => runFiles(existsSync(shortRun) ? [shortRun] : [], { noun: "short run", deadlineMillis }),
}
