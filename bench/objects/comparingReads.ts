/** What the benchmarks of reads share: how one comparison of reads without a cache, with warm routes, is made. */
import type { Compared } from "../harness/compare.ts"
import type { Bench } from "../harness/main.ts"
import { explainMissed } from "./explain.ts"
import { bytesOf, fill, type inMemory, type inSql, keysOf, type Setting, spread } from "./setting.ts"

const KiB = 1024

/** One comparison. */
export interface Reading {
  readonly valueBytes: number
  readonly concurrency: number
  readonly target: number
  readonly operations: number
}

/** A bare driver that reads a key. */
export interface Driver {
  readonly backend: string
  readonly name: string
  readonly place: typeof inMemory | typeof inSql
  readonly read: (key: string) => Promise<unknown>
}

/** Sets what is read, and gives its keys. */
export const readKeys = async ({ db }: Setting, place: Driver["place"], valueBytes: number) => {
  const keys = keysOf(`read-${valueBytes}`, valueBytes > KiB ? 200 : 1000)
  await fill(db, keys, bytesOf(valueBytes), place)
  return keys
}

/** A lone read is one round trip; many at once are work for one thread. */
const limitOf = (concurrency: number): string =>
  concurrency === 1
    ? "A lone read is the driver's round trip, most of it the kernel's and the server's. To it come a place in a batch, a deadline and a " +
      "second promise, on processors that have gone to sleep in between."
    : "All of it is this process's: the server answers a batch faster than its answer is taken apart here. A write to a socket " +
      "that wakes the server up costs some 60 µs of it here, and what the driver takes apart in JavaScript and a promise for each " +
      "caller are there whoever reads."

/** Compares, then says of each target that was missed where the time goes: a process that was profiled is slower afterwards. */
export const compareReads = async (
  bench: Bench,
  setting: Setting,
  { backend, name, place, read }: Driver,
  readings: ReadonlyArray<Reading>,
): Promise<void> => {
  const explanations: Array<() => Promise<void>> = []
  for (const { valueBytes, concurrency, target, operations } of readings) {
    const keys = await readKeys(setting, place, valueBytes)
    const ours = (count: number) => spread(count, concurrency, keys, (key) => setting.db.getObject(key))
    const compared: Compared = await bench.compare({
      name: `${backend}: getObject ${valueBytes / KiB} KiB, concurrency ${concurrency}`,
      against: name,
      isSteady: true,
      operations,
      target,
      ours,
      peer: (count) => spread(count, concurrency, keys, read),
    })
    const limit = limitOf(concurrency)
    explanations.push(() => explainMissed(bench, compared, { ours, operations: 2 * operations, limit }))
  }
  for (const explain of explanations) await explain()
}
