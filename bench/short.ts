/**
 * Every benchmark in its short form: not to measure, but so that none rots.
 *
 *   node bench/short.ts
 *
 * Two run at a time, as they are measured by nobody; together they take less than a minute.
 */
import { benchmarks } from "./harness/benchmarks.ts"
import { type Ended, runBenchmark } from "./harness/runBenchmark.ts"

/** Many times what the longest takes, as the machine may be busy. */
const deadlineMillis = 90_000
const atOnce = 2

const waiting = [...benchmarks()]
const ended: Array<Ended> = []

const work = async (): Promise<void> => {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const one = await runBenchmark(file, { args: ["--short"], deadlineMillis, live: false })
    ended.push(one)
    process.stdout.write(`${one.name}: ${one.failure ?? "ran"} (${one.seconds.toFixed(1)} s)\n\n`)
  }
}

await Promise.all(Array.from({ length: atOnce }, work))
const failed = ended.filter(({ failure }) => failure !== undefined)
process.stdout.write(`${ended.length} benchmarks ran, ${failed.length} failed\n`)
for (const { name, failure } of failed) process.stdout.write(`failed: bench/${name}: ${failure}\n`)
process.exitCode = ended.length > 0 && failed.length === 0 ? 0 : 1
