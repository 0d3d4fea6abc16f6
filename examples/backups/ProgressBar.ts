/** A bar that grows where a person watches; elsewhere a line for each quarter. */
import { styleText } from "node:util"
import type { BulkTotals } from "framedb"

const width = 30

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

/** See the head of this file. */
export class ProgressBar {
  readonly #title: string
  readonly #total: number
  readonly #start = performance.now()
  #quarters = 0

  constructor(title: string, total: number) {
    this.#title = title
    this.#total = total
  }

  /** What `onProgress` is given. A field, so that it can be passed on as it is. */
  readonly update = ({ totals }: { readonly totals: BulkTotals }): void => {
    const done = totals.succeeded + totals.skipped + totals.failed
    const line = this.#line(done, totals)
    if (process.stdout.isTTY === true) {
      process.stdout.write(`\r${line}${done === this.#total ? "\n" : ""}`)
      return
    }
    const quarters = Math.floor((4 * done) / this.#total)
    if (quarters > this.#quarters) process.stdout.write(`${line}\n`)
    this.#quarters = quarters
  }

  #line(done: number, { bytes, skipped, failed }: BulkTotals): string {
    const filled = Math.round((width * done) / this.#total)
    const bar = styleText("green", "█".repeat(filled)) + styleText("dim", "░".repeat(width - filled))
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1)
    const rest = [skipped > 0 ? `${skipped} unchanged` : "", failed > 0 ? `${failed} failed` : ""].filter(Boolean)
    const words = [`${done}/${this.#total}`, megabytes(bytes), `${seconds} s`, ...rest].join(", ")
    return `  ${this.#title.padEnd(18)} ${bar} ${words}`
  }
}
