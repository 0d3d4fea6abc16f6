/**
 * A doubly linked list of integer keys, each at most once in it, with the sum of their sizes.
 *
 * The links are arrays indexed by key; one slot more than there are keys is the sentinel. All operations are O(1).
 */
export class KeyList {
  bytes = 0
  length = 0
  private readonly next: Int32Array
  private readonly previous: Int32Array
  private readonly sentinel: number
  private readonly sizes: Float64Array

  constructor(keys: number, sizes: Float64Array) {
    this.sentinel = keys
    this.sizes = sizes
    this.next = new Int32Array(keys + 1).fill(-1)
    this.previous = new Int32Array(keys + 1).fill(-1)
    this.next[keys] = keys
    this.previous[keys] = keys
  }

  has(key: number): boolean {
    return at(this.next, key) !== -1
  }

  /** The key pushed longest ago; −1 when the list is empty. */
  last(): number {
    return this.keyOrNone(at(this.previous, this.sentinel))
  }

  /** The neighbour that was pushed after this key; −1 when it is the first. */
  newer(key: number): number {
    return this.keyOrNone(at(this.previous, key))
  }

  pushFirst(key: number): void {
    const first = at(this.next, this.sentinel)
    this.next[key] = first
    this.previous[key] = this.sentinel
    this.previous[first] = key
    this.next[this.sentinel] = key
    this.bytes += at(this.sizes, key)
    this.length++
  }

  remove(key: number): void {
    const next = at(this.next, key)
    const previous = at(this.previous, key)
    this.next[previous] = next
    this.previous[next] = previous
    this.next[key] = -1
    this.bytes -= at(this.sizes, key)
    this.length--
  }

  moveToFirst(key: number): void {
    this.remove(key)
    this.pushFirst(key)
  }

  private keyOrNone(key: number): number {
    return key === this.sentinel ? -1 : key
  }
}

/** Reads an element that the caller knows to be there. */
export const at = (array: { readonly [index: number]: number }, index: number): number => array[index] ?? 0
