/**
 * Every benchmark in full, one after another: writes all pages of `bench/results/` and prints the overview.
 *
 *   node bench/all.ts                  takes about an hour on a quiet machine
 *   node bench/all.ts cache queues     only those whose folder or file has one of these in its name
 *   node bench/all.ts --rounds 7       what a benchmark takes, they all take
 */
import { benchmarks } from "./harness/benchmarks.ts"
import { overviewTable, readResults, verdict } from "./harness/results.ts"
import { type Ended, runBenchmark } from "./harness/runBenchmark.ts"

/** What is slower has stopped. */
const deadlineMillis = 30 * 60_000

const given = process.argv.slice(2)
const firstOption = given.findIndex((word) => word.startsWith("--"))
const wanted = firstOption === -1 ? given : given.slice(0, firstOption)
const args = firstOption === -1 ? [] : given.slice(firstOption)
const isWanted = (file: string): boolean =>
  wanted.length === 0 || wanted.some((word) => file.slice(file.lastIndexOf("/bench/")).includes(word))

const ended: Array<Ended> = []
for (const file of benchmarks().filter(isWanted)) {
  ended.push(await runBenchmark(file, { args, deadlineMillis, live: true }))
}
const results = readResults()
process.stdout.write(`\n${overviewTable(results, (name) => name)}\n\n${verdict(results)}\n`)
const failed = ended.filter(({ failure }) => failure !== undefined)
for (const { name, failure } of failed) process.stdout.write(`failed: bench/${name}: ${failure}\n`)
process.exitCode = ended.length > 0 && failed.length === 0 ? 0 : 1
