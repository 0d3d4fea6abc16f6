/**
 * Tells whether every message of every sender has come. A connection brings all or breaks, but the nodes of a Redis Cluster
 * pass messages on to each other without a promise.
 */
import type { InvalidationMessage } from "./InvalidationMessage.ts"

/** The most senders that are followed; the one that has been quiet longest is forgotten first. */
export const maxSenders = 4096

/** The number after another, modulo 2³². */
export const nextSequence = (sequence: number): number => (sequence + 1) >>> 0

/** Tells whether every message of every sender has come. */
export class SenderSequences {
  readonly #last = new Map<string, number>()

  /**
   * Notes a message, and says whether none of its sender was missed before it. The first that is heard of a sender is
   * believed. A sender repeats a number where it does not know whether the message was sent.
   */
  note({ sender, sequence, body }: InvalidationMessage): boolean {
    const last = this.#last.get(sender)
    this.#last.delete(sender)
    this.#last.set(sender, sequence)
    if (this.#last.size > maxSenders) this.#forgetOldest()
    if (last === undefined || last === sequence) return true
    return body._tag !== "Mark" && sequence === nextSequence(last)
  }

  /** Forgets all senders: what was sent while the channel was broken is nobody's loss any more. */
  clear(): void {
    this.#last.clear()
  }

  #forgetOldest(): void {
    for (const sender of this.#last.keys()) {
      this.#last.delete(sender)
      return
    }
  }
}
