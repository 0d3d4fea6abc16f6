/** Those who wait for something, served in the order in which they came, none for longer than a bound. */
export class WaitingLine<A> {
  readonly #limitTicks: number
  /** A Set keeps the order of joining, and lets anyone leave from the middle. */
  readonly #entries = new Set<{ readonly value: A; readonly since: number }>()

  /** `limitTicks`: how long anyone may wait. */
  constructor(limitTicks: number) {
    this.#limitTicks = limitTicks
  }

  /** How many wait. */
  get length(): number {
    return this.#entries.size
  }

  /** Joins at the end, at the tick `now`. What is returned leaves again. */
  join(value: A, now: number): () => void {
    const entry = { value, since: now }
    this.#entries.add(entry)
    return () => {
      this.#entries.delete(entry)
    }
  }

  /** Takes the first one out of the line. */
  leave(): A | undefined {
    for (const entry of this.#entries) {
      this.#entries.delete(entry)
      return entry.value
    }
    return undefined
  }

  /** Takes out everyone who has waited longer than the bound at the tick `now`. */
  takeLate(now: number): ReadonlyArray<A> {
    const late: Array<A> = []
    for (const entry of this.#entries) {
      if (now - entry.since <= this.#limitTicks) break
      this.#entries.delete(entry)
      late.push(entry.value)
    }
    return late
  }
}
