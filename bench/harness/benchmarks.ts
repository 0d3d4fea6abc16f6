import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const bench = fileURLToPath(new URL("../", import.meta.url))

/** A benchmark imports the harness and runs at its top level; everything else is a part of one. */
const isBenchmark = (file: string): boolean => {
  const text = readFileSync(file, "utf8")
  return text.includes('harness/main.ts"') && /^await run\(/m.test(text)
}

/** Every benchmark: the files one folder down that call `run` of the harness, in the order of their paths. */
export const benchmarks = (): ReadonlyArray<string> =>
  readdirSync(bench, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .flatMap(({ name }) => readdirSync(join(bench, name)).map((file) => join(bench, name, file)))
    .filter((file) => file.endsWith(".ts") && isBenchmark(file))
    .sort()
