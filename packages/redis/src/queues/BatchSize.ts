import type { QueueDelivery } from "@framedb/core"

/** The first batch, of messages whose size nobody knows yet: with the largest allowed, half a gigabyte. */
const firstMessages = 32

/** How many messages to ask for, so that a batch of messages like the last ones stays within a bound of bytes. */
export class BatchSize {
  readonly #maxBytes: number
  #messages = firstMessages

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** How many to ask for when at most `maxMessages` are wanted. */
  next(maxMessages: number): number {
    return Math.min(maxMessages, this.#messages)
  }

  /** Learns from a batch. */
  learn(batch: ReadonlyArray<QueueDelivery>): void {
    if (batch.length === 0) return
    let bytes = 0
    for (const { data } of batch) bytes += data.byteLength
    const fitting = Math.floor((this.#maxBytes * batch.length) / Math.max(bytes, 1))
    // Grows step by step, so that a few small messages do not vouch for the large ones behind them.
    this.#messages = Math.max(1, Math.min(fitting, this.#messages * 4))
  }
}
