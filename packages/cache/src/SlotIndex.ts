/**
 * Finds slots by hash: an open-addressed table of pairs, hash and slot, with linear probing.
 *
 * 8 bytes a place, of which at most two thirds are taken: 12 to 24 bytes an entry, and never more, where a `Map` keeps deleted places until
 * it is rehashed and takes 28 to 112. A search reads one line of memory where a `Map` reads three, and deleting leaves nothing behind:
 * what was displaced by the deleted pair moves up.
 * D. E. Knuth, "The Art of Computer Programming", volume 3, section 6.4, algorithms L and R.
 */
const leastPlaces = 16
/** With two thirds taken, a search for what is not there looks at five places on average. */
const mostTaken = 2 / 3

/** Finds slots by the hashes of their keys. */
export class SlotIndex {
  /** Hash and slot + 1 of one place after another; a second number of 0 marks a free place. */
  private pairs = new Int32Array(2 * leastPlaces)
  private mask = leastPlaces - 1
  private taken = 0

  /** The first place with a hash, or −1. Places are valid until the index is changed. */
  first(hash: number): number {
    return this.search(hash, hash & this.mask)
  }

  /** The next place with the same hash, or −1. */
  next(hash: number, place: number): number {
    return this.search(hash, (place + 1) & this.mask)
  }

  slotAt(place: number): number {
    return (this.pairs[2 * place + 1] ?? 0) - 1
  }

  add(hash: number, slot: number): void {
    if (this.taken + 1 > (this.mask + 1) * mostTaken) this.grow()
    this.taken++
    this.put(hash, slot)
  }

  /** Gives a hash's place to another slot. */
  move(hash: number, from: number, to: number): void {
    this.pairs[2 * this.placeOf(hash, from) + 1] = to + 1
  }

  /** Takes a place out, and moves up what it had displaced. */
  remove(hash: number, slot: number): void {
    const { mask, pairs } = this
    let hole = this.placeOf(hash, slot)
    for (let place = (hole + 1) & mask; pairs[2 * place + 1] !== 0; place = (place + 1) & mask) {
      const home = pairs[2 * place] ?? 0
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      pairs[2 * hole] = home
      pairs[2 * hole + 1] = pairs[2 * place + 1] ?? 0
      hole = place
    }
    pairs[2 * hole + 1] = 0
    this.taken--
  }

  clear(): void {
    this.allocate(leastPlaces)
  }

  private search(hash: number, from: number): number {
    const { mask, pairs } = this
    for (let place = from; ; place = (place + 1) & mask) {
      if (pairs[2 * place + 1] === 0) return -1
      if (pairs[2 * place] === hash) return place
    }
  }

  private placeOf(hash: number, slot: number): number {
    let place = this.first(hash)
    while (this.slotAt(place) !== slot) place = this.next(hash, place)
    return place
  }

  private put(hash: number, slot: number): void {
    const { mask, pairs } = this
    let place = hash & mask
    while (pairs[2 * place + 1] !== 0) place = (place + 1) & mask
    pairs[2 * place] = hash
    pairs[2 * place + 1] = slot + 1
  }

  private grow(): void {
    const { pairs, taken } = this
    this.allocate(2 * (this.mask + 1))
    this.taken = taken
    for (let at = 0; at < pairs.length; at += 2) {
      const slot = (pairs[at + 1] ?? 0) - 1
      if (slot >= 0) this.put(pairs[at] ?? 0, slot)
    }
  }

  private allocate(places: number): void {
    this.pairs = new Int32Array(2 * places)
    this.mask = places - 1
    this.taken = 0
  }
}
