/**
 * The benchmarks of `objects` in their short form, one after another: not to measure, but so that none rots.
 *
 *   node bench/short.ts
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const bench = fileURLToPath(new URL(".", import.meta.url))

/** A benchmark calls `run` of the harness; everything else is a part of one. */
const isBenchmark = (file: string): boolean => {
  const text = readFileSync(file, "utf8")
  return text.includes('harness/main.ts"') && /^await run\(/m.test(text)
}

/** Those that are short in their short form; the others move hundreds of MiB or start many servers. */
const benchmarks = readdirSync(join(bench, "objects"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join(bench, "objects", name))
  .filter(isBenchmark)
  .sort()

const failed: Array<string> = []
for (const file of benchmarks) {
  const began = performance.now()
  // What is measured in bytes collects garbage by hand.
  const child = spawn(process.execPath, ["--expose-gc", file, "--short"], { stdio: "inherit" })
  const [code] = await once(child, "exit")
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1)} s\n\n`)
  if (code !== 0) failed.push(file)
}
process.stdout.write(`${benchmarks.length - failed.length} benchmarks ran, ${failed.length} failed\n`)
for (const file of failed) process.stdout.write(`failed: ${file}\n`)
process.exitCode = benchmarks.length > 0 && failed.length === 0 ? 0 : 1
