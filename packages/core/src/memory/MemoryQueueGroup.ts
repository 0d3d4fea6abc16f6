/** A group of a queue in memory: how far it has come, and what its consumers hold. */
import { deadLetterHeaders } from "../domain/StreamDeadLetter.ts"
import { compareMessageIds } from "../domain/StreamMessageId.ts"
import type { ConsumerOptions, QueueDelivery, QueueRelease } from "../ports/QueueStore.ts"
import type { MemoryMessage, MemoryQueue } from "./MemoryQueue.ts"

interface Pending {
  readonly message: MemoryMessage
  /** `undefined` when it was given back. */
  consumer: string | undefined
  freeAtMillis: number
  deliveries: number
}

/** Redelivered messages that are given out together while each was delivered once; after that each comes alone. */
const suspectBatch = 16

/** Keeps how far one group of a queue has come, and what its consumers hold. */
export class MemoryQueueGroup {
  readonly #queue: MemoryQueue
  readonly #name: string
  readonly #pending = new Map<string, Pending>()
  /** The id of the newest message that was given out. */
  #position: string
  /** Nothing that is pending becomes free before this. */
  #nextFreeAtMillis = Number.POSITIVE_INFINITY
  readonly consumers = new Set<string>()

  constructor(queue: MemoryQueue, name: string, position: string) {
    this.#queue = queue
    this.#name = name
    this.#position = position
  }

  get pending(): number {
    return this.#pending.size
  }

  get lag(): number {
    return this.#queue.countAfter(this.#position)
  }

  /** When something that is pending may become free, in milliseconds since 1970. */
  get nextFreeAtMillis(): number {
    return this.#nextFreeAtMillis
  }

  /** Whether a message has still to be settled here. */
  needs(id: string): boolean {
    return this.#pending.has(id) || compareMessageIds(id, this.#position) > 0
  }

  /** Takes what is free, the oldest first, and then what is new. */
  take(
    options: ConsumerOptions,
    limits: { readonly maxMessages: number; readonly maxBytes: number },
    nowMillis: number,
    bury: (message: MemoryMessage, headers: Record<string, string>) => void,
  ): ReadonlyArray<QueueDelivery> {
    if (nowMillis >= this.#nextFreeAtMillis) {
      const again = this.#takeFree(options, limits.maxMessages, nowMillis, bury)
      if (again.length > 0) return again
    }
    const taken: Array<QueueDelivery> = []
    let bytes = 0
    for (const message of this.#queue.after(this.#position, limits.maxMessages)) {
      bytes += message.data.byteLength
      if (taken.length > 0 && bytes > limits.maxBytes) break
      this.#position = message.id
      const pending: Pending = { message, consumer: undefined, freeAtMillis: 0, deliveries: 0 }
      this.#pending.set(message.id, pending)
      taken.push(this.#give(pending, options, nowMillis))
    }
    return taken
  }

  acknowledge(ids: ReadonlyArray<string>, keep: boolean): number {
    let count = 0
    for (const id of ids) {
      if (!this.#pending.delete(id)) continue
      count++
      if (!keep && this.#queue.isSettledByAll(id)) this.#queue.remove(id)
    }
    return count
  }

  release(
    { id, delayMillis, reason }: QueueRelease,
    options: ConsumerOptions,
    nowMillis: number,
    bury: (message: MemoryMessage, headers: Record<string, string>) => void,
  ): boolean {
    const pending = this.#pending.get(id)
    if (pending?.consumer !== options.consumer) return false
    if (reason !== undefined && pending.deliveries >= options.maxDeliveries) {
      this.#giveUp(pending, reason, options, bury)
      return true
    }
    if (reason === undefined) pending.deliveries--
    pending.consumer = undefined
    this.#holdUntil(pending, nowMillis + delayMillis)
    this.#queue.wake()
    return true
  }

  extend(id: string, consumer: string, untilMillis: number): boolean {
    const pending = this.#pending.get(id)
    if (pending?.consumer !== consumer) return false
    this.#holdUntil(pending, untilMillis)
    return true
  }

  /** Gives back, uncounted, what a consumer holds; except what the caller says it still has. */
  giveBack(consumer: string, nowMillis: number, isHeld: (id: string) => boolean): void {
    for (const [id, pending] of this.#pending) {
      if (pending.consumer !== consumer || isHeld(id)) continue
      pending.consumer = undefined
      pending.deliveries--
      this.#holdUntil(pending, nowMillis)
    }
    this.#queue.wake()
  }

  #takeFree(
    options: ConsumerOptions,
    maxMessages: number,
    nowMillis: number,
    bury: (message: MemoryMessage, headers: Record<string, string>) => void,
  ): ReadonlyArray<QueueDelivery> {
    const free = [...this.#pending.values()].filter((pending) => pending.freeAtMillis <= nowMillis)
    free.sort((left, right) => compareMessageIds(left.message.id, right.message.id))
    const taken: Array<QueueDelivery> = []
    let suspects = 0
    for (const pending of free) {
      const { deliveries } = pending
      if (deliveries >= options.maxDeliveries) {
        const holder = pending.consumer ?? "nobody"
        const reason = `not settled within ${options.visibilityTimeoutMillis} ms by ${holder}`
        this.#giveUp(pending, reason, options, bury)
        continue
      }
      if (taken.length >= maxMessages || suspects >= suspectBatch || (deliveries >= 2 && taken.length > 0)) break
      if (deliveries >= 1) suspects++
      taken.push(this.#give(pending, options, nowMillis))
      if (deliveries >= 2) break
    }
    this.#nextFreeAtMillis = Math.min(
      ...[...this.#pending.values()].map((pending) => pending.freeAtMillis),
      Number.POSITIVE_INFINITY,
    )
    return taken
  }

  #give(pending: Pending, options: ConsumerOptions, nowMillis: number): QueueDelivery {
    pending.consumer = options.consumer
    pending.deliveries++
    this.#holdUntil(pending, nowMillis + options.visibilityTimeoutMillis)
    const { id, data, headers, publishedAtMillis } = pending.message
    return {
      id,
      data: new Uint8Array(data),
      headers,
      attempts: pending.deliveries,
      publishedAtMillis: this.#queue.encoding === "list" ? undefined : publishedAtMillis,
    }
  }

  #holdUntil(pending: Pending, millis: number): void {
    pending.freeAtMillis = millis
    this.#nextFreeAtMillis = Math.min(this.#nextFreeAtMillis, millis)
  }

  #giveUp(
    { message, deliveries }: Pending,
    reason: string,
    options: ConsumerOptions,
    bury: (message: MemoryMessage, headers: Record<string, string>) => void,
  ): void {
    bury(message, {
      [deadLetterHeaders.id]: message.id,
      [deadLetterHeaders.attempts]: String(deliveries),
      [deadLetterHeaders.reason]: reason,
      [deadLetterHeaders.group]: this.#name,
    })
    this.acknowledge([message.id], options.keepAcknowledged)
  }
}
