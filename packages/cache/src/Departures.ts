import type { Entry } from "./EntryTable.ts"
import type { Departure } from "./LfuCacheOptions.ts"

/** Who left the cache, until the operation that caused it is complete: only then `onEvict` is called, which may use the cache. */
export class Departures<K, V> {
  private readonly onEvict: ((value: V, key: K, reason: Departure) => void) | undefined
  private readonly untold: Array<() => void> = []

  constructor(onEvict: ((value: V, key: K, reason: Departure) => void) | undefined) {
    this.onEvict = onEvict
  }

  /** Remembers one, if anyone wants to know. */
  note({ key, value }: Entry<K, V>, reason: Departure): void {
    const { onEvict } = this
    if (onEvict !== undefined) this.untold.push(() => onEvict(value, key, reason))
  }

  /** Tells all that were noted. */
  tell(): void {
    if (this.untold.length > 0) for (const tell of this.untold.splice(0)) tell()
  }
}
