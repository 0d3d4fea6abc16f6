/**
 * A map that keeps about what was used last, within a bound, at the price of two look-ups.
 *
 * New and touched entries go into the young half; when that is full it becomes the old half, and what the old one still
 * held is forgotten at once. No entry is ever moved or deleted singly to make room, which in a `Map` of many entries
 * costs far more than the look-up itself.
 */
export class GenerationalMap<Key, Value> {
  readonly #halfSize: number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()

  /** Holds at most `maxEntries`, and at least the half of them that was used last. */
  constructor(maxEntries: number) {
    this.#halfSize = Math.ceil(maxEntries / 2)
  }

  /** How many entries there are; one of the old half that was touched since counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): void {
    if (this.#halfSize === 0) return
    if (this.#young.size >= this.#halfSize && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
