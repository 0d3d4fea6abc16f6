import type { Departure } from "./LfuCacheOptions.ts"

/** Who left the cache, until the operation that caused it is complete: only then `onEvict` is called, which may use the cache. */
export class Departures<K, V> {
  /** Whether anyone wants to know. */
  readonly areWanted: boolean
  private readonly onEvict: (value: V, key: K, reason: Departure) => void
  private readonly untold: Array<() => void> = []

  constructor(onEvict: ((value: V, key: K, reason: Departure) => void) | undefined) {
    this.areWanted = onEvict !== undefined
    this.onEvict = onEvict ?? (() => {})
  }

  note(value: V, key: K, reason: Departure): void {
    this.untold.push(() => this.onEvict(value, key, reason))
  }

  /** Tells all that were noted. */
  tell(): void {
    if (this.untold.length > 0) for (const tell of this.untold.splice(0)) tell()
  }
}
