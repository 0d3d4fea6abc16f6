import { at } from "./KeyList.ts"

/**
 * A binary heap of integer keys, lowest priority first, in which a priority may rise without the heap being told: the stored
 * one is a lower bound, checked again when its key comes to the top.
 */
export class LazyHeap {
  readonly positions: Int32Array
  private readonly keys: Array<number> = []
  private readonly stored: Float64Array
  private readonly priority: (key: number) => number

  constructor(keys: number, priority: (key: number) => number) {
    this.positions = new Int32Array(keys).fill(-1)
    this.stored = new Float64Array(keys)
    this.priority = priority
  }

  has(key: number): boolean {
    return at(this.positions, key) !== -1
  }

  push(key: number): void {
    this.stored[key] = this.priority(key)
    this.keys.push(key)
    this.siftUp(this.keys.length - 1, key)
  }

  /** Takes the key with the lowest true priority. */
  pop(): number {
    for (;;) {
      const key = at(this.keys, 0)
      const now = this.priority(key)
      if (now <= at(this.stored, key)) return this.takeFirst(key)
      this.stored[key] = now
      this.siftDown(0, key)
    }
  }

  private takeFirst(key: number): number {
    this.positions[key] = -1
    const last = this.keys.pop() ?? key
    if (last !== key) this.siftDown(0, last)
    return key
  }

  private put(index: number, key: number): void {
    this.keys[index] = key
    this.positions[key] = index
  }

  private siftUp(from: number, key: number): void {
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = at(this.keys, above)
      if (at(this.stored, parent) <= at(this.stored, key)) break
      this.put(index, parent)
      index = above
    }
    this.put(index, key)
  }

  private siftDown(from: number, key: number): void {
    let index = from
    for (;;) {
      let below = 2 * index + 1
      if (below >= this.keys.length) break
      const right = below + 1
      if (right < this.keys.length && at(this.stored, at(this.keys, right)) < at(this.stored, at(this.keys, below)))
        below = right
      const child = at(this.keys, below)
      if (at(this.stored, child) >= at(this.stored, key)) break
      this.put(index, child)
      index = below
    }
    this.put(index, key)
  }
}
