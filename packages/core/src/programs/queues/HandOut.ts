/**
 * The messages of the current batch and what has become of each: pure bookkeeping, without any effect.
 *
 * A batch is handed out from front to back. With automatic acknowledgement the consumer's coming back means that what it
 * was handed is handled, so two positions say nearly everything:
 *
 *     0 ───── sent ───── returned ───── handed ───── length
 *       acknowledged │ handled       │ in hand     │ waiting
 *
 * What is settled by itself or has been taken away is kept in a set, which is mostly empty.
 */
import type { ListenedMessage } from "./ListenedMessage.ts"

/** Keeps what has become of each message of the current batch. */
export class HandOut {
  #batch: ReadonlyArray<ListenedMessage> = []
  /** Before it, acknowledgements are under way or done. */
  #sent = 0
  /** Before it, the consumer has come back. */
  #returned = 0
  #handed = 0
  /** Settled by hand, or no longer this listener's. */
  readonly #gone = new Set<ListenedMessage>()
  /** Acknowledgements that failed and are to be sent again. */
  #unsent: ReadonlyArray<string> = []

  /** Begins a batch, when the one before has been handed out. */
  begin(batch: ReadonlyArray<ListenedMessage>): void {
    this.#batch = batch
    this.#sent = 0
    this.#returned = 0
    this.#handed = 0
    this.#gone.clear()
  }

  /** The consumer comes back: the next message, or `undefined` at the end of the batch. */
  next(): ListenedMessage | undefined {
    this.#returned = this.#handed
    while (this.#handed < this.#batch.length) {
      const message = this.#batch[this.#handed]
      this.#handed++
      if (message !== undefined && !this.#gone.has(message)) return message
      this.#returned = this.#handed
    }
    return undefined
  }

  /** Whether a message is in the batch and not settled. */
  holds(message: ListenedMessage): boolean {
    return !this.#gone.has(message) && this.#batch.includes(message, this.#sent)
  }

  /** Whether this listener still has the message of an id, or an acknowledgement of it under way. */
  has(id: string): boolean {
    return this.#batch.some((message) => message.id === id && !this.#gone.has(message)) || this.#unsent.includes(id)
  }

  /** The message is settled by hand, or was taken away. */
  drop(message: ListenedMessage): void {
    this.#gone.add(message)
  }

  /** What the consumer has come back from and is not acknowledged. Counts as sent from now on. */
  takeHandled(): ReadonlyArray<string> {
    return this.#takeUpTo(this.#returned)
  }

  /** What was handed out, the last one included: for a consumer that ended well. Counts as sent from now on. */
  takeHanded(): ReadonlyArray<string> {
    return this.#takeUpTo(this.#handed)
  }

  /** Acknowledgements that failed: the next `take…` gives them again. */
  putBack(ids: ReadonlyArray<string>): void {
    this.#unsent = this.#unsent.concat(ids)
  }

  /** What the consumer was handed and has not come back from. */
  inHand(): ReadonlyArray<ListenedMessage> {
    return this.#notGone(this.#returned, this.#handed)
  }

  /** What has not been handed out. */
  waiting(): ReadonlyArray<ListenedMessage> {
    return this.#notGone(this.#handed, this.#batch.length)
  }

  #takeUpTo(end: number): ReadonlyArray<string> {
    const fresh = this.#notGone(this.#sent, end)
    this.#sent = Math.max(this.#sent, end)
    const ids = this.#unsent.concat(fresh.map((message) => message.id))
    this.#unsent = []
    return ids
  }

  #notGone(start: number, end: number): ReadonlyArray<ListenedMessage> {
    const part = this.#batch.slice(start, end)
    return this.#gone.size === 0 ? part : part.filter((message) => !this.#gone.has(message))
  }
}
