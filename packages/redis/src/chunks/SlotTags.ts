/**
 * Hash tags that share the slot of any key of a Redis Cluster. The tag of a slot is the least number, written in base 36,
 * whose own slot it is: every client finds the same one, and none is longer than four characters.
 */
import { slotOf } from "@framedb/core"

/** Finds tags as they are needed and remembers them: at most 16,384 short texts. */
export class SlotTags {
  readonly #tags: Array<string | undefined> = []
  #next = 0

  /** The tag that shares the key's slot. */
  of(key: string): string {
    const slot = slotOf(key)
    let tag = this.#tags[slot]
    while (tag === undefined) {
      const candidate = (this.#next++).toString(36)
      this.#tags[slotOf(candidate)] ??= candidate
      tag = this.#tags[slot]
    }
    return tag
  }
}
