/**
 * The moments of an `ObjectCache`: they tell, in constant memory, whether a key was written since
 * a read of it began.
 *
 * Keys share 4,096 counters by their hash. Two keys with one counter make a read look outdated when it is not, which
 * costs one fill of a cache and nothing else.
 */
const counters = 4096

/** A counter's value, taken before a read. */
export type Moment = number

const slotOf = (key: string): number => {
  let hash = 0x811c9dc5
  // FNV-1a over at most 64 characters from the end, where keys of one family differ.
  for (let index = Math.max(0, key.length - 64); index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  }
  return (hash ^ (hash >>> 15)) & (counters - 1)
}

/** Tells, in constant memory, whether a key may have been written since a read of it began. */
export class Moments {
  readonly #values = new Uint32Array(counters)

  /** The moment of a key, to be compared after a read. */
  of(key: string): Moment {
    return this.#values[slotOf(key)] ?? 0
  }

  /** Makes every read of the key that began before look outdated. */
  advance(key: string): void {
    const slot = slotOf(key)
    this.#values[slot] = (this.#values[slot] ?? 0) + 1
  }

  /** Makes every read that began before look outdated. */
  advanceAll(): void {
    for (let slot = 0; slot < counters; slot++) this.#values[slot] = (this.#values[slot] ?? 0) + 1
  }
}
