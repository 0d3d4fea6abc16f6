/** How far a command is: one line that is drawn again where a person watches, elsewhere a new line every few seconds. */
import type { BulkTotals } from "framedb"
import { sizeText } from "./units.ts"

/** Where the line goes: the error output, so that the standard one stays clean. */
export interface ProgressTarget {
  readonly isTTY?: boolean | undefined
  /** How many characters fit on a line of a terminal. */
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

const width = 24
const redrawMillis = 100
const lineMillis = 5_000

const bar = (share: number): string => {
  const filled = Math.round(width * Math.min(share, 1))
  return `${"█".repeat(filled)}${"░".repeat(width - filled)} `
}

/** Draws the progress of one command. */
export class ProgressLine {
  readonly #target: ProgressTarget
  readonly #total: number | undefined
  #drawnAtMillis: number
  #isOpen = false

  /** `total` is how many keys there will be, where that is known; `nowMillis` is when the work began. */
  constructor(target: ProgressTarget, total: number | undefined, nowMillis: number) {
    this.#target = target
    this.#total = total
    this.#drawnAtMillis = nowMillis
  }

  /** Tells of the totals so far, as often as it is worth a line. */
  update(totals: BulkTotals, nowMillis: number): void {
    const isTerminal = this.#target.isTTY === true
    if (nowMillis - this.#drawnAtMillis < (isTerminal ? redrawMillis : lineMillis)) return
    this.#drawnAtMillis = nowMillis
    this.#target.write(isTerminal ? `\r\x1b[K${this.#fitting(this.#text(totals))}` : `${this.#text(totals)}\n`)
    this.#isOpen = isTerminal
  }

  /** Leaves the line to others. */
  clear(): void {
    if (this.#isOpen) this.#target.write("\r\x1b[K")
    this.#isOpen = false
  }

  /** What would go on in a second line could not be drawn over, so it ends before the last column. */
  #fitting(text: string): string {
    const { columns } = this.#target
    return columns === undefined || columns === 0 ? text : text.slice(0, columns - 1)
  }

  #text({ succeeded, skipped, failed, bytes }: BulkTotals): string {
    const done = succeeded + skipped + failed
    const share = this.#total === undefined ? "" : bar(done / Math.max(this.#total, 1))
    const of = this.#total === undefined ? "" : ` of ${this.#total}`
    return `${share}${done}${of} objects, ${sizeText(bytes)}${failed === 0 ? "" : `, ${failed} failed`}`
  }
}
