/**
 * Keys that others are to be told of, each once, within a bound: where there are more, or their names take too much, what
 * is to be told is "everything".
 */

/** The most keys that wait: an outage of some seconds under load, in a few MiB. */
export const maxPendingKeys = 65_536

/** The most characters of waiting keys together, in UTF-16 units. */
const maxPendingUnits = 4 * 1024 * 1024

/** What is to be told: every key, or these. */
export type Pending = "everything" | ReadonlyArray<string>

/** Collects keys that others are to be told of, within a bound beyond which it is "everything". */
export class PendingKeys {
  #keys = new Set<string>()
  #units = 0
  #isEverything = false

  /** Whether there is nothing to tell. */
  get isEmpty(): boolean {
    return !this.#isEverything && this.#keys.size === 0
  }

  add(key: string): void {
    if (this.#isEverything || this.#keys.has(key)) return
    this.#keys.add(key)
    this.#units += key.length
    if (this.#keys.size > maxPendingKeys || this.#units > maxPendingUnits) this.#fill()
  }

  /** Takes what is to be told. */
  take(): Pending {
    const pending: Pending = this.#isEverything ? "everything" : [...this.#keys]
    this.#isEverything = false
    this.#empty()
    return pending
  }

  /** Gives back what was taken and could not be told. */
  giveBack(pending: Pending): void {
    if (pending === "everything") this.#fill()
    else for (const key of pending) this.add(key)
  }

  #fill(): void {
    this.#isEverything = true
    this.#empty()
  }

  #empty(): void {
    this.#keys = new Set()
    this.#units = 0
  }
}
